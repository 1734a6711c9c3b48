/** Who was let in by an answer that nobody has read yet. */

import type { ProtectedService } from '../decision/protected-service.ts'
import type { Authorized, UsageReport } from '../domain/verdict.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { MeteredAdmission } from './metered-admission.ts'

export class DirectAdmission implements MeteredAdmission {
  readonly service: ProtectedService
  readonly #verdict: Authorized
  readonly #findApplication: (verdict: Authorized) => ApplicationLedger
  #application: ApplicationLedger | undefined

  /** @param findApplication where usage goes that the handler or the response brings; called at most once. */
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
    return this.#verdict.application.id
  }

  get plan(): string | undefined {
    return this.#verdict.plan
  }

  limits(): readonly UsageReport[] {
    return this.#verdict.usageReports
  }
}
