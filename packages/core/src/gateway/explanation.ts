/** What `explain` tells about a request. */
import type { RuleExplanation } from '../mapping/rule-explanation.ts'
import type { Usage } from '../usage.ts'

export interface Explanation {
  /** The decision that the parts below lead to without asking anybody: what would be called, or the denial. */
  readonly outcome: 'skip' | 'ask' | 'deny'
  /** Of a denial. */
  readonly code?: string | undefined
  readonly service: { readonly id: string | undefined; readonly host: string | undefined } | undefined
  /** Values masked. */
  readonly credentials: { readonly kind: string; readonly foundIn: string; readonly masked: string } | undefined
  readonly rules: readonly RuleExplanation[]
  readonly usage: Usage | undefined
  /** Path of the call that would be made, secrets masked. */
  readonly call: string | undefined
}
