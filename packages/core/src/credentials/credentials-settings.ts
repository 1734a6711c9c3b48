/** Where and how credentials are looked for: from the checked option or from a proxy configuration. */
import type { Credentials } from '../domain/credentials.ts'

/** A part of a request that may hold credentials. */
export type CredentialLocation = 'query' | 'headers' | 'authorization' | 'form'

export interface CredentialsSettings {
  readonly kind: 'userKey' | 'appId'
  readonly in: readonly CredentialLocation[]
  readonly names: { readonly userKey: string; readonly appId: string; readonly appKey: string }
  readonly anonymous: Credentials | undefined
  readonly maxBytes: number
  /**
   * Read as APIcast does for a service of the portal. The case of parameter names does not matter, an application id
   * needs its key, and an unreadable Authorization field counts as missing. Default false.
   */
  readonly asApicast?: boolean | undefined
}
