/** The applications of usage that this process holds only to report it, and what proves or disproves them. */
import type { ApplicationLedger } from '../application-ledger.ts'
import type { ServiceLedger } from '../service-ledger.ts'
import { confirmSent, doubtApplication } from '../usage/doubt.ts'
import { giveUpWaiting } from '../usage/losses.ts'

// Other processes admit usage of a deleted application until they have heard of it.
const MAX_GONE = 1000

export class LentApplications {
  readonly #service: ServiceLedger
  readonly #limitedMetrics: (application: string) => readonly string[]
  readonly #elapsedAt: (time: number) => number
  /** When answers told that applications are deleted, by elapsed time. */
  readonly #gone = new Map<string, number>()

  /**
   * @param limitedMetrics the metrics with limits of an application, as far as this process knows.
   * @param elapsedAt the elapsed time at a time of the store.
   */
  constructor(
    service: ServiceLedger,
    limitedMetrics: (application: string) => readonly string[],
    elapsedAt: (time: number) => number,
  ) {
    this.#service = service
    this.#limitedMetrics = limitedMetrics
    this.#elapsedAt = elapsedAt
  }

  /** @param proved when 3scale was asked for the answer that last proved it, by the store's time. Default: never. */
  of(id: string, proved: number = Number.NEGATIVE_INFINITY): ApplicationLedger {
    const told = this.#elapsedAt(proved)
    const provedAt = told > (this.#gone.get(id) ?? Number.NEGATIVE_INFINITY) ? told : Number.NEGATIVE_INFINITY
    const before = this.#service.overflowOf(id)?.provedAt ?? Number.NEGATIVE_INFINITY
    const application = this.#service.overflow(id, Math.max(before, provedAt))
    const { metrics } = this.#service
    const older = this.#limitedMetrics(id).filter((metric) => metrics.provedAt(metrics.slotOf(metric)) < provedAt)
    this.#service.prove(older, provedAt)
    // Any process's answer proves what was reported before.
    if (provedAt > before) confirmSent(application, provedAt)
    return application
  }

  noteGone(id: string): void {
    this.#gone.delete(id)
    this.#gone.set(id, this.#service.ledger.clock.elapsed())
    if (this.#gone.size > MAX_GONE) this.#gone.delete(this.#gone.keys().next().value!)
    const application = this.#service.overflowOf(id)
    if (application === undefined) return
    giveUpWaiting(application, 'application_gone')
    doubtApplication(application)
  }
}
