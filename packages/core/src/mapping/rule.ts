/** A mapping rule from the options or from a proxy configuration, which brings the query conditions separately. */

export interface Rule {
  readonly method: string
  readonly pattern: string
  readonly metric: string
  readonly delta: number
  readonly last: boolean
  /** Query conditions as porta stores them, not decoded. They replace those after `?` in the pattern. */
  readonly query?: QueryPattern | undefined
  /** The id of the backend to which the rule belongs; undefined for a rule of the product. */
  readonly backend?: string | undefined
}

/** Expected values by parameter name; undefined if any value will do. */
export type QueryPattern = Readonly<Record<string, string | undefined>>
