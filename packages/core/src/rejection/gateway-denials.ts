/** HTTP status and default reason of the gateway's own denials (RFC 9110), by code. */
import type { GatewayDenialCode } from '../decision/decision.ts'

export interface DenialKind {
  readonly status: number
  /** Used if the refusal has no reason. */
  readonly reason: string
  /** Which answer of a proxy configuration replaces this one. */
  readonly text: 'missing' | 'failed' | 'noMatch' | 'limits' | undefined
  /** Used if the refusal does not say when to retry. */
  readonly retryAfterMs?: number
}

const SOON_MS = 1_000

export const GATEWAY_DENIALS: Readonly<Record<GatewayDenialCode, DenialKind>> = {
  credentials_missing: { status: 401, reason: 'the request carries no credentials', text: 'missing' },
  credentials_malformed: { status: 403, reason: 'the credentials cannot be read', text: 'failed' },
  token_invalid: { status: 401, reason: 'the access token is not accepted', text: 'failed' },
  issuer_unavailable: {
    status: 503,
    reason: 'access tokens cannot be verified at the moment',
    text: undefined,
    retryAfterMs: SOON_MS,
  },
  service_unusable: { status: 503, reason: 'the service is not set up correctly', text: undefined },
  maintenance: { status: 503, reason: 'the service is being maintained', text: undefined },
  address_not_allowed: { status: 403, reason: 'requests from this address are not allowed', text: undefined },
  claims_not_allowed: { status: 403, reason: 'the claims of the token do not allow it', text: undefined },
  roles_not_allowed: { status: 403, reason: 'the roles of the token do not allow it', text: 'failed' },
  limits_exceeded: { status: 429, reason: 'usage limits are exceeded', text: 'limits' },
  no_mapping_rule: { status: 404, reason: 'no mapping rule matches the request', text: 'noMatch' },
  path_ambiguous: {
    status: 400,
    reason: 'the path can be read in ways that match different mapping rules',
    text: undefined,
  },
  service_not_found: { status: 404, reason: 'no service is known for this host and path', text: undefined },
  backend_unavailable: {
    status: 503,
    reason: 'the request cannot be authorized at the moment',
    text: undefined,
    retryAfterMs: SOON_MS,
  },
  overloaded: { status: 503, reason: 'too many requests at once', text: undefined, retryAfterMs: SOON_MS },
  gateway_closed: { status: 503, reason: 'the gateway is closed', text: undefined, retryAfterMs: SOON_MS },
  gateway_not_ready: {
    status: 503,
    reason: 'the configuration is not loaded yet',
    text: undefined,
    retryAfterMs: SOON_MS,
  },
  gateway_misconfigured: { status: 500, reason: 'the gateway is not set up correctly', text: undefined },
  // The client cannot read it; 499 is nginx's status for this.
  client_closed_request: { status: 499, reason: 'the client went away', text: undefined },
}

/** A limit of 0: the plan does not contain the metric, so waiting does not help. */
export const DISABLED: DenialKind = { status: 403, reason: 'usage limits are exceeded', text: 'failed' }

/** Any code that is not the gateway's own: denied by 3scale, by the caller's fault. */
export const DENIED_BY_3SCALE: DenialKind = { status: 403, reason: 'denied by 3scale', text: 'failed' }
