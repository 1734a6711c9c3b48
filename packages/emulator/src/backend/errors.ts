/** The backend's refusals: code, HTTP status and text (apisonator, lib/3scale/backend/errors.rb). */
import { type Parameter, rubyText } from '../rack/parameter.ts'

/** A refusal answered as an `<error>` document. */
export class BackendError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** A request that crashes the real backend: 500 without a document. */
export class CrashError extends Error {}

/** A 403 without a document: `usage` is present but not a hash. */
export class EmptyForbiddenError extends Error {}

/** Ruby's `blank?` of the backend: nil, empty or nothing but white space. */
export function isBlank(value: Parameter | undefined): boolean {
  return value == null || (typeof value === 'string' && !/[^ \t\r\n\f\v]/.test(value))
}

export const errors = {
  providerKeyOrServiceTokenRequired: (): BackendError =>
    new BackendError('provider_key_or_service_token_required', 403, 'Provider key or service token are required'),
  serviceIdMissing: (): BackendError => new BackendError('service_id_missing', 422, 'Service ID is missing'),
  serviceTokenInvalid: (token: Parameter, id: Parameter): BackendError =>
    new BackendError(
      'service_token_invalid',
      403,
      `service token "${rubyText(token)}" or service id "${rubyText(id)}" is invalid`,
    ),
  providerKeyInvalidOrServiceMissing: (key: Parameter): BackendError =>
    new BackendError(
      'provider_key_invalid_or_service_missing',
      403,
      `provider key "${rubyText(key)}" invalid and/or service ID missing`,
    ),
  providerKeyInvalid: (key: Parameter): BackendError =>
    new BackendError('provider_key_invalid', 403, `provider key "${rubyText(key)}" is invalid`),
  serviceIdInvalid: (id: string): BackendError =>
    new BackendError('service_id_invalid', 403, `service id "${id}" is invalid`),
  applicationNotFound: (id?: string): BackendError =>
    new BackendError(
      'application_not_found',
      404,
      isBlank(id) ? 'application id is missing' : `application with id="${id}" was not found`,
    ),
  userKeyInvalid: (key?: string): BackendError =>
    new BackendError('user_key_invalid', 403, isBlank(key) ? 'user key is missing' : `user key "${key}" is invalid`),
  authenticationError: (): BackendError =>
    new BackendError('authentication_error', 403, 'either app_id or user_key is allowed, not both'),
  metricInvalid: (name: string): BackendError => new BackendError('metric_invalid', 404, `metric "${name}" is invalid`),
  usageValueInvalid: (name: string, value: Parameter): BackendError =>
    new BackendError(
      'usage_value_invalid',
      403,
      typeof value !== 'string' || isBlank(value)
        ? `usage value for metric "${name}" can not be empty`
        : `usage value "${value}" for metric "${name}" is invalid`,
    ),
  notValidData: (): BackendError => new BackendError('not_valid_data', 422, 'all data must be valid UTF8'),
  badRequest: (message = 'request contains syntax errors, should not be repeated without modification'): BackendError =>
    new BackendError('bad_request', 400, message),
  endUsersNoLongerSupported: (): BackendError =>
    new BackendError(
      'end_users_no_longer_supported',
      400,
      'End-users are no longer supported, do not specify the user_id parameter',
    ),
  contentTypeInvalid: (type: string): BackendError =>
    new BackendError('content_type_invalid', 400, `invalid Content-Type: ${type}`),
  transactionsIsBlank: (): BackendError =>
    new BackendError('transactions_is_blank', 400, 'transactions parameter is blank'),
  transactionsFormatInvalid: (): BackendError =>
    new BackendError('transactions_format_invalid', 400, 'transactions format is invalid'),
  transactionsHasNilTransaction: (): BackendError =>
    new BackendError('transactions_has_nil_transaction', 400, 'transactions has a nil transaction'),
  transactionTimestampTooOld: (): BackendError =>
    new BackendError(
      'transaction_timestamp_too_old',
      403,
      'reporting transactions older than 86400 seconds is not allowed',
    ),
  transactionTimestampTooNew: (): BackendError =>
    new BackendError(
      'transaction_timestamp_too_new',
      403,
      'reporting transactions more than 3600 seconds in the future is not allowed',
    ),
}
