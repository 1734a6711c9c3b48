/** A mapping rule as this room takes it: from the options, or with its query conditions from a portal's document. */

export interface Rule {
  readonly method: string
  readonly pattern: string
  readonly metric: string
  readonly delta: number
  readonly last: boolean
  /** Raw as porta stores it; what stands behind `?` in the pattern is then not looked at. */
  readonly query?: QueryPattern | undefined
}

/** Expected values by parameter name; undefined: the parameter must be there, with whatever value. */
export type QueryPattern = Readonly<Record<string, string | undefined>>
