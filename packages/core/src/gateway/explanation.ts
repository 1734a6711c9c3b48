/** What `explain` tells about a request. */
import type { FoundCredentials } from '../credentials/credentials-reader.ts'
import type { DenialCode } from '../decision/decision.ts'
import type { Usage } from '../domain/usage.ts'
import type { RuleExplanation } from '../mapping/rule-explanation.ts'

export interface Explanation {
  /** What the request comes to without asking anybody: the call would be made, or it is denied before. */
  readonly outcome: 'skip' | 'ask' | 'deny'
  /** Of a denial. */
  readonly code: DenialCode | undefined
  readonly host: string | undefined
  /** Undefined: no service has the host, or it is the default service of a provider key. */
  readonly service: string | undefined
  /** Values masked; undefined: none found. */
  readonly credentials: FoundCredentials | undefined
  /** Every mapping rule in order; empty without rules. */
  readonly rules: readonly RuleExplanation[]
  /** Undefined when nothing matched, or readings of the path disagree. */
  readonly usage: Usage | undefined
  /** The call that would be made, secrets masked: `authrep service_id=42 user_key=*** usage[hits]=1`. */
  readonly call: string | undefined
}
