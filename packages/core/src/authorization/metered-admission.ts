/** An admission whose usage the ledger keeps. */
import type { Admission } from '../decision/allowed-decision.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'

export interface MeteredAdmission extends Admission {
  /** The application whose usage is counted. May cost work; read only when there is something to count. */
  readonly application: ApplicationLedger
}
