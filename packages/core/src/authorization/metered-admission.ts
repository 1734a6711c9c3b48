/** An admission whose usage the ledger or a store keeps. */
import type { Admission } from '../decision/allowed-decision.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'

export interface MeteredAdmission extends Admission {
  /** The application whose usage is counted. Reading it may cost work, so read it only when usage is counted. */
  readonly application: ApplicationLedger
  /**
   * Counts usage that becomes known after the decision. Never throws.
   *
   * @param code the status of the response to report with it; undefined: none.
   */
  count(usage: UsageShape, code: number | undefined): void
}
