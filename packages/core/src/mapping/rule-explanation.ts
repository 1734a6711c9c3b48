/** What `explain` says about one mapping rule. */

export interface RuleExplanation {
  /** Method, pattern, metric and delta as one line. */
  readonly rule: string
  /** Whether the rule counts for the request. */
  readonly matched: boolean
  /** One sentence: why it matched, or which part did not. */
  readonly why: string
}
