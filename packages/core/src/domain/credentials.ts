/** The three ways in which a caller is known to 3scale. */

export type Credentials = UserKeyCredentials | ApplicationCredentials | OAuthCredentials

export interface UserKeyCredentials {
  readonly userKey: string
}

/** An application id, with a key where the application has any. */
export interface ApplicationCredentials {
  readonly appId: string
  readonly appKey?: string | undefined
}

/** Calls the `oauth_*` endpoints with the client id as application id. */
export interface OAuthCredentials {
  readonly clientId: string
  readonly appKey?: string | undefined
  readonly redirectUrl?: string | undefined
}

/** The values of a caller's that a reason of 3scale may quote. */
export function secretsOf(credentials: Credentials, referrer: string | undefined): string[] {
  return [...Object.values(credentials), referrer].filter((value) => value !== undefined)
}
