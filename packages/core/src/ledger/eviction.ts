/** Who is kept in a ledger of bounded size, and who goes when another comes (law 10). */
import type { Observer } from '../observe/observer.ts'
import type { ApplicationLedger } from './application-ledger.ts'

// Bounded, so that a ledger full of busy applications costs each newcomer little.
const MAX_LOOKS = 128

export class Eviction {
  readonly #max: number
  readonly #observer: Pick<Observer, 'cached'>
  /** All applications, roughly those used longest ago first. */
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
   * Makes sure that one more fits. Nothing that waits or is unsettled is ever forgotten for it.
   *
   * @returns false when none of those looked at could go.
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
    application.service.changePlanLimits(application, undefined)
    this.#order.delete(application)
    this.#observer.cached('evicted', application.service.id, { appId: application.id! })
  }

  /** One that was not used lately, else the first that is idle at all. */
  #findIdle(): ApplicationLedger | undefined {
    let looks = 0
    let idle: ApplicationLedger | undefined
    for (const application of this.#order) {
      const { service } = application
      if (!application.holdsCount(service.at(service.ledger.clock.now()))) {
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
