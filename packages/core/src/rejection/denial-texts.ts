/** The answers that a proxy configuration has in place of the gateway's own. */

export interface DenialText {
  readonly status: number
  readonly body: string
  readonly contentType: string
}

export interface DenialTexts {
  /** No credentials. */
  readonly missing: DenialText
  /** Credentials that cannot be read, and every denial by 3scale but limits. */
  readonly failed: DenialText
  readonly noMatch: DenialText
  readonly limits: DenialText
}
