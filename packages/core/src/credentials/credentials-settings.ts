/** Where and how this room looks for credentials: the checked option, or what a proxy configuration says. */
import type { Credentials } from '../domain/credentials.ts'

/** Where in a request credentials may be. */
export type CredentialLocation = 'query' | 'headers' | 'authorization' | 'form'

export interface CredentialsSettings {
  readonly kind: 'userKey' | 'appId'
  readonly in: readonly CredentialLocation[]
  readonly names: { readonly userKey: string; readonly appId: string; readonly appKey: string }
  readonly anonymous: Credentials | undefined
  readonly maxBytes: number
  /**
   * Read as APIcast does for a service of the portal: parameter names match whatever their case, an application id
   * needs its key, an Authorization field that cannot be read is none. Default false.
   */
  readonly asApicast?: boolean | undefined
}
