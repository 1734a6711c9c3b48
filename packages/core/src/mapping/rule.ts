/** A mapping rule as this room takes it: from the options, or with its query conditions from a portal's document. */

export interface Rule {
  readonly method: string
  readonly pattern: string
  readonly metric: string
  readonly delta: number
  readonly last: boolean
  /** Conditions by parameter name, raw as porta stores them; what stands behind `?` in the pattern is then not looked at. */
  readonly query?: Readonly<Record<string, string>> | undefined
}
