/** Where and how this room looks for credentials: the checked option, or what a proxy configuration says. */
import type { ResolvedCredentials } from '../configuration/options/resolved-options.ts'

export interface CredentialsSettings extends ResolvedCredentials {
  /**
   * Read as APIcast does for a service of the portal: parameter names match whatever their case, an application id
   * needs its key, an Authorization field that cannot be read is none. Default false.
   */
  readonly asApicast?: boolean | undefined
}
