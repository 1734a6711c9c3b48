/** An admission whose usage the ledger keeps. */
import type { Admission } from '../decision/allowed-decision.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'

export interface MeteredAdmission extends Admission {
  /** The application whose usage is counted. Reading it may cost work, so read it only when usage is counted. */
  readonly application: ApplicationLedger
}
