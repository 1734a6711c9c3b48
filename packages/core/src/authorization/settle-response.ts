/** What happens at the end of a response: usage known only now, and the status of the answer. */
import { AllowedDecision, type Grant, NOTHING_ADDED } from '../decision/allowed-decision.ts'
import type { ProtectedService } from '../decision/route-policy.ts'
import { createUsageShape, type UsageShape } from '../domain/usage.ts'
import type { UsageReport } from '../domain/verdict.ts'
import type { Application } from '../ledger/application-ledger.ts'
import type { UsageRow } from '../ledger/usage/usage-row.ts'
import type { ResponseView } from '../request/request-view.ts'

/** Whose usage a decision is about, where that is kept. */
export interface AccountGrant extends Grant {
  /** May cost work; read only when there is something to book. */
  readonly account: Application
}

/** A grant for one decision whose usage waits for the status of the response. */
export class HeldGrant implements AccountGrant {
  readonly row: UsageRow | undefined
  readonly #grant: AccountGrant

  constructor(grant: AccountGrant, row: UsageRow | undefined) {
    this.#grant = grant
    this.row = row
  }

  get account(): Application {
    return this.#grant.account
  }

  get service(): ProtectedService {
    return this.#grant.service
  }

  get application(): { readonly id: string | undefined } {
    return this.#grant.application
  }

  get plan(): string | undefined {
    return this.#grant.plan
  }

  limits(): readonly UsageReport[] {
    return this.#grant.limits()
  }
}

/** Books what the response brought, once. Never throws. */
export function settle(allowed: AllowedDecision, response: ResponseView, after: UsageShape | undefined): void {
  const { grant, terms } = AllowedDecision.termsOf(allowed)
  const added = AllowedDecision.end(allowed)
  // Mostly everything was counted when the request was let in.
  if (added === NOTHING_ADDED && after === undefined && terms.counts === 'now') return
  if (added === undefined || terms.counts === 'never' || !isAccountGrant(grant)) return
  const code = terms.responseCodes ? response.status : undefined
  if (grant instanceof HeldGrant && grant.row !== undefined) {
    grant.row.separate = { code, awaitsResponse: false }
    grant.account.service.ledger.onWaiting?.(grant.account.service.ledger.records)
  }
  const bringsCode = terms.counts === 'predicted' ? code : undefined
  if (after !== undefined) book(grant.account, after, bringsCode)
  if (Object.keys(added).length > 0)
    book(grant.account, createUsageShape(added), after === undefined ? bringsCode : undefined)
}

function book(account: Application, shape: UsageShape, code: number | undefined): void {
  const { ledger } = account.service
  const now = ledger.clock.now()
  const time = account.service.at(now)
  const owner = account.evicted ? ownerOf(account) : account
  const touched = owner.layout.touched(shape, now)
  if (code === undefined) owner.count(touched, time)
  else {
    const row = owner.countSeparately(touched, time)
    if (row !== undefined) row.separate = { code, awaitsResponse: false }
  }
}

/** Where usage of an application is kept that was forgotten, or for which there was no room. */
function ownerOf({ service, id, provedAt }: Application): Application {
  return service.applications.get(id!) ?? service.outsider(id!, provedAt)
}

function isAccountGrant(grant: Grant): grant is AccountGrant {
  return 'account' in grant
}
