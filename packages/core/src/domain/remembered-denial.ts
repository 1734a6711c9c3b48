/** A denial that is remembered, so that not each request it concerns costs a call. */

/** A denial that holds for one caller, or for all callers of an application or service. */
export interface RememberedDenial {
  readonly code: string
  /** 3scale's sentence as callers may see it: without what it quoted. */
  readonly reason: string
  /** By our clock. Afterwards the denial of one caller is used only while the backend cannot be asked. */
  readonly until: number
}
