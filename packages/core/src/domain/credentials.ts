/** The three kinds of credentials by which 3scale knows a caller. */

export type Credentials = UserKeyCredentials | ApplicationCredentials | OAuthCredentials

export interface UserKeyCredentials {
  readonly userKey: string
}

/** An application id, with a key if the application has keys. */
export interface ApplicationCredentials {
  readonly appId: string
  readonly appKey?: string | undefined
}

/** An OAuth client id: calls go to the `oauth_*` endpoints, with the client id as application id. */
export interface OAuthCredentials {
  readonly clientId: string
  readonly appKey?: string | undefined
  readonly redirectUrl?: string | undefined
}

/** The values of a caller's that a reason of 3scale may quote. */
export function secretsOf(credentials: Credentials, referrer: string | undefined): string[] {
  return [...Object.values(credentials), referrer].filter((value) => value !== undefined)
}
