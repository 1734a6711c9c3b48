/** What the gateway's own denials mean in HTTP (RFC 9110), by code. */
import type { GatewayDenialCode } from '../decision/decision.ts'

export interface DenialKind {
  readonly status: number
  /** Said when the refusal brings no reason. */
  readonly reason: string
  /** The answer of a proxy configuration that takes the place of ours. */
  readonly text: 'missing' | 'failed' | 'noMatch' | 'limits' | undefined
  /** For refusals that do not say when to come back. */
  readonly retryAfterMs?: number
}

const SOON_MS = 1_000

export const GATEWAY_DENIALS: Readonly<Record<GatewayDenialCode, DenialKind>> = {
  credentials_missing: { status: 401, reason: 'the request carries no credentials', text: 'missing' },
  credentials_malformed: { status: 403, reason: 'the credentials cannot be read', text: 'failed' },
  limits_exceeded: { status: 429, reason: 'usage limits are exceeded', text: 'limits' },
  no_mapping_rule: { status: 404, reason: 'no mapping rule matches the request', text: 'noMatch' },
  path_ambiguous: {
    status: 400,
    reason: 'the path can be read in ways that match different mapping rules',
    text: undefined,
  },
  service_not_found: { status: 404, reason: 'no service is known for this host', text: undefined },
  backend_unavailable: {
    status: 503,
    reason: 'the request cannot be authorized at the moment',
    text: undefined,
    retryAfterMs: SOON_MS,
  },
  overloaded: { status: 503, reason: 'too many requests at once', text: undefined, retryAfterMs: SOON_MS },
  gateway_closed: { status: 503, reason: 'the gateway is closed', text: undefined, retryAfterMs: SOON_MS },
  gateway_misconfigured: { status: 500, reason: 'the gateway is not set up correctly', text: undefined },
  // Nobody reads it; the status that nginx made customary.
  client_closed_request: { status: 499, reason: 'the client went away', text: undefined },
}

/** A limit of 0: the plan does not contain the metric, and no amount of waiting helps. */
export const DISABLED: DenialKind = { status: 403, reason: 'usage limits are exceeded', text: 'failed' }

/** Any code that is not the gateway's own: denied by 3scale, the caller's fault. */
export const DENIED_BY_3SCALE: DenialKind = { status: 403, reason: 'denied by 3scale', text: 'failed' }
