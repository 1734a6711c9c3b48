/** A denial that concerns more than one caller. */

/** A denial that holds for all callers of an application or service, until the backend is asked again. */
export interface GeneralDenial {
  readonly code: string
  readonly reason: string
  /** By our clock. */
  readonly until: number
}
