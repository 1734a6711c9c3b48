/** The admission of direct authorization. It reads the backend's answer only when a field is asked for. */
import type { Ending } from '../decision/ending.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import { type LimitCount, limitCountOf } from '../domain/limit-count.ts'
import { storageKey } from '../domain/storage-key.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { Authorized } from '../domain/verdict.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import { countAdded, countLate } from './count-late.ts'
import type { MeteredAdmission } from './metered-admission.ts'

export class DirectAdmission implements MeteredAdmission {
  readonly service: ProtectedService
  readonly #verdict: Authorized
  readonly #findApplication: (verdict: Authorized) => ApplicationLedger
  #application: ApplicationLedger | undefined

  /** @param findApplication finds the ledger for usage that the handler or the response adds; called at most once. */
  constructor(
    service: ProtectedService,
    verdict: Authorized,
    findApplication: (verdict: Authorized) => ApplicationLedger,
  ) {
    this.service = service
    this.#verdict = verdict
    this.#findApplication = findApplication
  }

  get application(): ApplicationLedger {
    this.#application ??= this.#findApplication(this.#verdict)
    return this.#application
  }

  get applicationId(): string | undefined {
    const { id } = this.#verdict.application
    return id === undefined ? undefined : storageKey(id)
  }

  get plan(): string | undefined {
    return this.#verdict.plan
  }

  limits(): readonly LimitCount[] {
    return this.#verdict.usageReports.map(limitCountOf)
  }

  add(usage: UsageShape, ending: Ending | undefined): void {
    countAdded(this, usage, ending)
  }

  count(usage: UsageShape, code: number | undefined): void {
    countLate(this.application, usage, code)
  }
}
