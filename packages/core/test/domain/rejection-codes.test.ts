import { expect, test } from 'vitest'
import { codeOfReason, codeOfStatus, faultOf } from '../../src/domain/rejection-codes.ts'

test.each([
  ['limits_exceeded', 'limits'],
  ['user_key_invalid', 'caller'],
  ['application_not_found', 'caller'],
  ['application_key_invalid', 'caller'],
  ['application_not_active', 'caller'],
  ['service_not_active', 'caller'],
  ['referrer_not_allowed', 'caller'],
  ['not_valid_data', 'caller'],
  ['bad_request', 'caller'],
  ['request_too_large', 'caller'],
  ['__proto__', 'caller'],
  ['provider_key_or_service_token_required', 'ours'],
  ['service_id_missing', 'ours'],
  ['service_token_invalid', 'ours'],
  ['provider_key_invalid', 'ours'],
  ['provider_key_invalid_or_service_missing', 'ours'],
  ['service_id_invalid', 'ours'],
  ['oauth_not_enabled', 'ours'],
  ['metric_invalid', 'ours'],
  ['usage_value_invalid', 'ours'],
  ['end_users_no_longer_supported', 'ours'],
  ['content_type_invalid', 'ours'],
  ['transactions_is_blank', 'ours'],
  ['usage_invalid', 'ours'],
])('%s is the fault of: %s', (code, fault) => {
  expect(faultOf(code)).toBe(fault)
})

test('names a refusal without a code by its status', () => {
  expect([400, 401, 403, 404, 409, 414, 422, 451].map(codeOfStatus)).toEqual([
    'bad_request',
    'unauthorized',
    'forbidden',
    'not_found',
    'denied',
    'request_too_large',
    'not_valid_data',
    'refused',
  ])
})

test('knows the code of a 409 by the beginning of its sentence, which a caller cannot choose', () => {
  expect(codeOfReason('application key "usage limits are exceeded" is invalid')).toBe('application_key_invalid')
  expect(codeOfReason('usage limits are exceeded')).toBe('limits_exceeded')
  expect(codeOfReason('something else')).toBeUndefined()
})
