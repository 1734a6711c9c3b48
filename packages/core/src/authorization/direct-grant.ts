/** Who was let in by an answer that nobody has read yet. */

import type { ProtectedService } from '../decision/route-policy.ts'
import type { Authorized, UsageReport } from '../domain/verdict.ts'
import type { Application } from '../ledger/application-ledger.ts'
import type { AccountGrant } from './settle-response.ts'

export class DirectGrant implements AccountGrant {
  readonly service: ProtectedService
  readonly #verdict: Authorized
  readonly #findAccount: (verdict: Authorized) => Application
  #account: Application | undefined

  /** @param findAccount where usage goes that the handler or the response brings; called at most once. */
  constructor(service: ProtectedService, verdict: Authorized, findAccount: (verdict: Authorized) => Application) {
    this.service = service
    this.#verdict = verdict
    this.#findAccount = findAccount
  }

  get account(): Application {
    this.#account ??= this.#findAccount(this.#verdict)
    return this.#account
  }

  get application(): { readonly id: string | undefined } {
    return { id: this.#verdict.application.id }
  }

  get plan(): string | undefined {
    return this.#verdict.plan
  }

  limits(): readonly UsageReport[] {
    return this.#verdict.usageReports
  }
}
