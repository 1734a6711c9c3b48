/** One service of a proxy configuration, in the terms of the gateway's options. */

import type { CredentialLocation, CredentialsSettings } from '../../credentials/credentials-settings.ts'
import type { IssuerDocuments } from '../../credentials/oidc/key-set.ts'
import type { Claims } from '../../credentials/oidc/token-settings.ts'
import type { BackendMounts } from '../../mapping/backend-mounts.ts'
import type { Rule } from '../../mapping/rule.ts'
import type { DenialTexts } from '../../rejection/denial-texts.ts'
import type { PolicySettings } from './read-policies.ts'

export interface PortalService {
  /** Undefined if the document has none, which is allowed only if the options have one. */
  readonly id: string | undefined
  /** In the form of `hostnameOf`; without path routing, without the hosts of earlier services. */
  readonly hosts: readonly string[]
  /** Where several services have a host: the one with the least rank comes first. */
  readonly rank: number
  /** Without a slash at the end. */
  readonly backendUrl: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Undefined for OpenID Connect services. */
  readonly credentials: PortalCredentials | undefined
  /** Undefined for other services, and if the options say who calls. */
  readonly oidc: PortalOidc | undefined
  readonly mappingRules: readonly PortalRule[]
  /** Whose rules count for which path, as the routing policy says; undefined: all for all. */
  readonly backends: BackendMounts | undefined
  /** The path of the one backend that the process is, below which its requests are for the product. */
  readonly mountPath: string | undefined
  readonly texts: DenialTexts
  /** Policies that decide about requests, in the order of the chain. */
  readonly policies: readonly PolicySettings[]
  /** Whether the policy chain contains 3scale_referrer. */
  readonly referrer: boolean
  /**
   * Whether the policy chain contains rate_limit_headers: every answer shows limits, also in the fields of this policy.
   */
  readonly rateLimitHeaders: boolean
}

export interface PortalCredentials extends CredentialsSettings {
  readonly asApicast: true
}

/** How an OpenID Connect service identifies callers. */
export interface PortalOidc {
  readonly in: readonly CredentialLocation[]
  /** Where the keys are: at an address without slash at its end, or in the document. */
  readonly keys: { readonly endpoint: string } | { readonly fixed: IssuerDocuments }
  /** Finds the client id in the claims; undefined: the claim `azp`. */
  readonly clientId: ((claims: Claims) => unknown) | undefined
}

export interface PortalRule extends Rule {
  /** `querystring_parameters`, not decoded; the query of the pattern does not count (APIcast mapping_rule.lua). */
  readonly query: Readonly<Record<string, string | undefined>>
}
