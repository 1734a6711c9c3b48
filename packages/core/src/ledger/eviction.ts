/** Chooses which application is evicted when the ledger is full (law 10). */
import type { Observer } from '../observe/observer.ts'
import type { ApplicationLedger } from './application-ledger.ts'

// A bound, so that a new application costs little when the ledger is full of busy ones.
const MAX_LOOKS = 128

export class Eviction {
  readonly #max: number
  readonly #observer: Pick<Observer, 'cached'>
  /** All applications, roughly in the order of their last use, oldest first. */
  readonly #order = new Set<ApplicationLedger>()

  constructor(max: number, observer: Pick<Observer, 'cached'>) {
    this.#max = max
    this.#observer = observer
  }

  get size(): number {
    return this.#order.size
  }

  enter(application: ApplicationLedger): void {
    this.#order.add(application)
    application.planLimits.applications += 1
  }

  /**
   * Makes sure that one more application fits. Never forgets one whose usage waits or is unsettled.
   *
   * @returns false when none of the examined applications could be forgotten.
   */
  makeRoom(): boolean {
    if (this.#order.size < this.#max) return true
    const idle = this.#findIdle()
    if (idle === undefined) return false
    this.forget(idle)
    return true
  }

  forget(application: ApplicationLedger): void {
    application.evicted = true
    application.service.applications.delete(application.id!)
    // Its last batches may still turn out to be dropped.
    if (application.sent !== undefined) application.service.keepOverflow(application)
    application.service.changePlanLimits(application, undefined)
    this.#order.delete(application)
    this.#observer.cached('evicted', application.service.id, { appId: application.id! })
  }

  /** The first idle application that was not used lately, or else the first idle one. */
  #findIdle(): ApplicationLedger | undefined {
    let looks = 0
    let idle: ApplicationLedger | undefined
    for (const application of this.#order) {
      const { service } = application
      const { clock, settleMs } = service.ledger
      if (!application.holdsCount(service.at(clock.now()), clock.elapsed() - settleMs)) {
        if (!application.used || idle === application) return application
        idle ??= application
      }
      application.used = false
      this.#order.delete(application)
      this.#order.add(application)
      if (++looks === MAX_LOOKS) break
    }
    return idle
  }
}
