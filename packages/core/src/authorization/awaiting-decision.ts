/** A decision whose usage is counted already, but is reported only with the status of its response. */
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { AllowedSource } from '../decision/decision.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { UsageRow } from '../ledger/usage/usage-row.ts'
import type { MeteredAdmission } from './metered-admission.ts'
import type { StoredHold } from './stored-hold.ts'

export class AwaitingDecision extends AllowedDecision {
  readonly #held: UsageRow | StoredHold | undefined

  /** @param held undefined where nothing is used, or where too much waits for a transaction of its own. */
  constructor(
    source: AllowedSource,
    shape: UsageShape,
    admission: MeteredAdmission,
    policy: RoutePolicy,
    held: UsageRow | StoredHold | undefined,
  ) {
    super(source, shape, admission, policy)
    this.#held = held
  }

  /** The usage of a decision that waits for the status of its response; undefined where none does. */
  static heldBy(allowed: AllowedDecision): UsageRow | StoredHold | undefined {
    return #held in allowed ? allowed.#held : undefined
  }
}
