/** The answers that a proxy configuration brings in place of ours. */

export interface DenialText {
  readonly status: number
  readonly body: string
  readonly contentType: string
}

export interface DenialTexts {
  /** No credentials. */
  readonly missing: DenialText
  /** Credentials that cannot be read, and every denial of 3scale's but limits. */
  readonly failed: DenialText
  readonly noMatch: DenialText
  readonly limits: DenialText
}
