/** Where access tokens are found, and what one must satisfy: from the checked options or from a proxy configuration. */
import type { CredentialLocation } from '../credentials-settings.ts'

/** The claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>

/** What a policy found in the claims of a token, whatever the request: one answer for each of its rules. */
export type Judgement = readonly boolean[]

export interface TokenLocations {
  readonly in: readonly CredentialLocation[]
  /** Longest token that is looked at, in bytes. */
  readonly maxBytes: number
  /** Names of parameters match in any case, as APIcast reads them. */
  readonly asApicast: boolean
}

export interface TokenRules {
  /** Accepted values of `iss`; undefined: the one of the discovery document. */
  readonly issuers: readonly string[] | undefined
  /** Accepted values of `aud`; undefined: not compared. */
  readonly audience: readonly string[] | undefined
  /** Accepted signature algorithms; undefined: the asymmetric ones that the provider announces. */
  readonly algorithms: readonly string[] | undefined
  /** Claims that must be there and be neither null nor empty. */
  readonly requiredClaims: readonly string[]
  /** Set: the type in the header must be this one. */
  readonly typ: 'at+jwt' | undefined
  readonly clockToleranceMs: number
  /** The application of a token: its client id; undefined or no text: none, and the token is refused. */
  readonly clientId: (claims: Claims) => unknown
  /** What policies find in the claims, kept with the token; undefined: there are none that look. */
  readonly judge?: ((claims: Claims) => Promise<readonly (Judgement | undefined)[]>) | undefined
}
