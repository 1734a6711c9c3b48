/** Codes of refusals: whose fault each code is, and which code a refusal without one gets. */

/** `limits`: the application has used what its plan allows. `ours`: our credentials, our options or our address. */
export type Fault = 'caller' | 'limits' | 'ours'

/** A usage that is not a hash; apisonator answers an empty 403. */
export const USAGE_INVALID = 'usage_invalid'
/** An empty 404 with 3scale's content type: the backend has no such path. */
export const ENDPOINT_NOT_FOUND = 'endpoint_not_found'
/** The query is longer than the backend's web server accepts, because of what the caller sent. */
export const REQUEST_TOO_LARGE = 'request_too_large'
/** The query is too long because of our metrics. */
export const USAGE_TOO_LARGE = 'usage_too_large'

const OURS: ReadonlySet<string> = new Set([
  'provider_key_or_service_token_required',
  'service_id_missing',
  'service_token_invalid',
  'provider_key_invalid',
  'provider_key_invalid_or_service_missing',
  'service_id_invalid',
  'oauth_not_enabled',
  'metric_invalid',
  'usage_value_invalid',
  'end_users_no_longer_supported',
  'content_type_invalid',
  'transactions_is_blank',
  'transactions_format_invalid',
  'transactions_has_nil_transaction',
  USAGE_INVALID,
  USAGE_TOO_LARGE,
  ENDPOINT_NOT_FOUND,
])

/** Whose fault a code is. An unknown code is the caller's fault, so that provoking one gains nothing. */
export function faultOf(code: string): Fault {
  if (code === 'limits_exceeded') return 'limits'
  return OURS.has(code) || code.startsWith('transactions_') ? 'ours' : 'caller'
}

/** The code of a refusal whose answer names none. */
export function codeOfStatus(status: number): string {
  switch (status) {
    case 400:
      return 'bad_request'
    case 401:
      return 'unauthorized'
    case 403:
      return 'forbidden'
    case 404:
      return 'not_found'
    case 409:
      return 'denied'
    case 413:
    case 414:
    case 431:
      return REQUEST_TOO_LARGE
    case 422:
      return 'not_valid_data'
    default:
      return 'refused'
  }
}

/**
 * The code of a 409 by its sentence, for answers without the rejection header; undefined for an unknown sentence.
 * A caller cannot choose the code, because its input is quoted only after the first words.
 */
export function codeOfReason(reason: string): string | undefined {
  for (const [beginning, code] of REASONS) if (reason.startsWith(beginning)) return code
  return undefined
}

const REASONS: readonly (readonly [string, string])[] = [
  ['usage limits are exceeded', 'limits_exceeded'],
  ['application key ', 'application_key_invalid'],
  ['application is not active', 'application_not_active'],
  ['service is not active', 'service_not_active'],
  ['referrer ', 'referrer_not_allowed'],
  ['redirect_url ', 'redirect_url_invalid'],
  ['redirect_uri ', 'redirect_uri_invalid'],
  ['oauth is not enabled', 'oauth_not_enabled'],
]
