/** What `explain` says about a request. */
import type { FoundCredentials } from '../credentials/credentials-reader.ts'
import type { DenialCode } from '../decision/decision.ts'
import type { Usage } from '../domain/usage.ts'
import type { RuleExplanation } from '../mapping/rule-explanation.ts'

export interface Explanation {
  /** The outcome without a call to the backend; 'ask': the call would be made. */
  readonly outcome: 'skip' | 'ask' | 'deny'
  /** Of a denial. */
  readonly code: DenialCode | undefined
  readonly host: string | undefined
  /** Undefined if no service has the host, or for the default service of a provider key. */
  readonly service: string | undefined
  /** With masked values; undefined if none were found. */
  readonly credentials: FoundCredentials | undefined
  /** Every mapping rule in order; empty without rules. */
  readonly rules: readonly RuleExplanation[]
  /** Undefined if nothing matched or the path is ambiguous. */
  readonly usage: Usage | undefined
  /** The call that would be made, with masked secrets: `authrep service_id=42 user_key=*** usage[hits]=1`. */
  readonly call: string | undefined
}
