/** The keys of an issuer, as the verification needs them. Where they come from is said in `configuration/oidc`. */
import type { Claims } from './token-settings.ts'

/** The keys at one time. A change makes a new object, so that tokens can be compared with it by identity. */
export interface KeySet {
  /** The issuer that the discovery document names. */
  readonly issuer: string
  /** Where the discovery document says that tokens are introspected; unchecked. */
  readonly introspectionEndpoint?: string | undefined
  /** The asymmetric algorithms that the provider announces, or all if it announces none. */
  readonly algorithms: readonly string[]
  /** Verifies signature and registered claims; rejects with what jose throws. */
  verify(token: string, expected: Expected): Promise<VerifiedJwt>
}

/** What jose compares. */
export interface Expected {
  readonly algorithms: readonly string[]
  readonly issuers: readonly string[]
  readonly audience: readonly string[] | undefined
  readonly clockToleranceMs: number
  readonly now: number
}

export interface VerifiedJwt {
  readonly header: Claims
  readonly payload: Claims
}

export interface IssuerKeys {
  /** The newest keys that were read; undefined before the first. */
  readonly current: KeySet | undefined
  /**
   * Newer keys than these, if there are any in short time; the first call begins to fetch. Otherwise the present ones,
   * also if keys were fetched too recently to be fetched again. Never rejects.
   */
  newer(than: KeySet | undefined): Promise<KeySet | undefined>
  /** Why the present keys may be old, or why there are none; undefined if the last fetch succeeded. */
  readonly trouble: string | undefined
}
