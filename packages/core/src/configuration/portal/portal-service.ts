/** What a proxy configuration says about one service, in the words of the gateway's options. */

import type { CredentialsSettings } from '../../credentials/credentials-settings.ts'
import type { Rule } from '../../mapping/rule.ts'
import type { DenialTexts } from '../../rejection/denial-texts.ts'

export interface PortalService {
  /** Undefined when the document names none, which is allowed only where the options do. */
  readonly id: string | undefined
  /** As `hostnameOf` writes them; a host that an earlier service has is left out. */
  readonly hosts: readonly string[]
  /** Without a slash at the end. */
  readonly backendUrl: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Undefined for OpenID Connect services: only an own function can say who calls. */
  readonly credentials: PortalCredentials | undefined
  readonly mappingRules: readonly PortalRule[]
  readonly texts: DenialTexts
  /** The policy 3scale_referrer is in the chain. */
  readonly referrer: boolean
  /** The policy rate_limit_headers is in the chain: limits on every answer, in its fields too. */
  readonly rateLimitHeaders: boolean
}

export interface PortalCredentials extends CredentialsSettings {
  readonly asApicast: true
}

export interface PortalRule extends Rule {
  /** `querystring_parameters`, raw; the pattern's own query does not count (APIcast mapping_rule.lua). */
  readonly query: Readonly<Record<string, string | undefined>>
}
