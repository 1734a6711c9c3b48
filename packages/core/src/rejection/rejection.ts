/** Writes a refusal as an HTTP answer for the denied caller. Decides nothing. */
import type { Denied } from '../decision/decision.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { LimitCount } from '../domain/limit-count.ts'
import type { Clock } from '../primitives/clock.ts'
import { nodeHttp } from '../primitives/node-http.ts'
import type { DenialTexts } from './denial-texts.ts'
import { DENIED_BY_3SCALE, type DenialKind, DISABLED, GATEWAY_DENIALS } from './gateway-denials.ts'
import { createRateLimitFields, singleLimitFields } from './limit-headers.ts'
import { publicReason } from './public-reason.ts'

export interface RejectionSettings {
  readonly rejection: 'problem' | 'text'
  readonly rateLimitHeaders: false | 'denied' | 'all'
  readonly legacyRateLimitHeaders: boolean
  /** Also RateLimit-Limit, -Remaining and -Reset, like APIcast's policy rate_limit_headers. Default false. */
  readonly apicastRateLimitHeaders?: boolean | undefined
  /** Statuses, texts and content types of a proxy configuration. Default: the gateway's own. */
  readonly texts?: DenialTexts | undefined
  /** Value of WWW-Authenticate on answers with status 401. Default none. */
  readonly challenge?: string | undefined
  readonly clock: Pick<Clock, 'now'>
}

export interface Rejection {
  deny(refusal: Refusal): Denied
  /** Rate-limit fields for any answer; empty if `rateLimitHeaders` is false or no limits are known. */
  limitHeaders(limits: readonly LimitCount[]): Record<string, string>
}

export function createRejection(settings: RejectionSettings): Rejection {
  const { rejection, rateLimitHeaders, legacyRateLimitHeaders, apicastRateLimitHeaders, texts, challenge, clock } =
    settings

  const rateLimitFields = createRateLimitFields()
  const onlyRateLimit = rateLimitHeaders !== false && apicastRateLimitHeaders !== true && !legacyRateLimitHeaders

  function limitHeaders(limits: readonly LimitCount[]): Record<string, string> {
    const now = clock.now()
    if (onlyRateLimit) return rateLimitFields(limits, now)
    return {
      ...(rateLimitHeaders === false ? {} : rateLimitFields(limits, now)),
      ...(apicastRateLimitHeaders === true ? singleLimitFields('ratelimit', limits, now) : {}),
      ...(legacyRateLimitHeaders ? singleLimitFields('x-ratelimit', limits, now) : {}),
    }
  }

  function deny(refusal: Refusal): Denied {
    const kind = kindOf(refusal)
    const text = texts && (refusal.answer ?? (kind.text && texts[kind.text]))
    const status = text?.status ?? refusal.answer?.status ?? kind.status
    // Only the operator may see what 3scale says about our own settings.
    const given = refusal.code === 'gateway_misconfigured' ? undefined : refusal.reason
    const reason = given === undefined ? kind.reason : publicReason(given, refusal.secrets)
    const { body, contentType } = text ?? (rejection === 'text' ? plain(reason) : problem(status, refusal.code, reason))
    const retryAfterMs = retryAfterOf(refusal, kind, clock.now())
    return Object.freeze({
      outcome: 'deny',
      code: refusal.code,
      reason,
      status,
      retryAfterMs,
      headers: Object.freeze({
        'content-type': contentType,
        'cache-control': 'no-store',
        ...(text !== undefined && kind.text === 'noMatch' ? NO_MATCHED_RULES : {}),
        ...(status === 401 && challenge !== undefined
          ? { 'www-authenticate': refusal.code === 'token_invalid' ? `${challenge}, ${INVALID_TOKEN}` : challenge }
          : {}),
        ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
        ...limitHeaders(refusal.limits ?? []),
      }),
      body: WITHOUT_BODY.has(status) ? '' : body,
    })
  }

  return { deny, limitHeaders }
}

function kindOf({ code, disabled }: Refusal): DenialKind {
  if (code === 'limits_exceeded' && disabled === true) return DISABLED
  // hasOwn, because a code of 3scale may be called `constructor`.
  return Object.hasOwn(GATEWAY_DENIALS, code) ? GATEWAY_DENIALS[code as keyof typeof GATEWAY_DENIALS] : DENIED_BY_3SCALE
}

function retryAfterOf({ retryAt }: Refusal, kind: DenialKind, now: number): number | undefined {
  if (kind === DISABLED) return undefined
  if (retryAt === undefined || !Number.isFinite(retryAt)) return kind.retryAfterMs
  return Math.min(Math.max(1, Math.ceil(retryAt - now)), MAX_WINDOW_MS)
}

/** Answers with these statuses have no body (RFC 9110, 6.4.1 and 15.3.6), though a proxy configuration may set them. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** What a Bearer challenge says about a token that was sent (RFC 6750, 3.1). */
const INVALID_TOKEN = 'error="invalid_token"'

/** APIcast adds it to its answer if no rule matches (APIcast errors.lua). */
const NO_MATCHED_RULES = { 'x-3scale-matched-rules': '' }

/** A leap year, the longest window that ends. */
const MAX_WINDOW_MS = 366 * 24 * 60 * 60 * 1000

function plain(reason: string): { readonly body: string; readonly contentType: string } {
  return { body: reason, contentType: 'text/plain; charset=utf-8' }
}

/** Problem details (RFC 9457). The members have a fixed order, so that the bytes are always the same. */
function problem(
  status: number,
  code: string,
  detail: string,
): { readonly body: string; readonly contentType: string } {
  const title = nodeHttp.STATUS_CODES[status] ?? 'Client Closed Request'
  return {
    body: JSON.stringify({ type: 'about:blank', title, status, detail, code }),
    contentType: 'application/problem+json',
  }
}
