import { expect, test } from 'vitest'
import { verdictOf } from '../../../../test/support/test-ledger.ts'
import { interpretVerdict } from '../../src/authorization/interpret-verdict.ts'
import type { NotAuthorized } from '../../src/domain/verdict.ts'

const denied = (code: string, reason = ''): NotAuthorized => ({
  ...verdictOf([], 0),
  authorized: false,
  status: 409,
  code,
  reason,
})

test('a caller that is allowed, or only over its limits, is good: limits are the last check', () => {
  expect(interpretVerdict(verdictOf([], 0), ['hits'])).toEqual({ kind: 'good' })
  expect(interpretVerdict(denied('limits_exceeded'), ['hits'])).toEqual({ kind: 'good' })
})

test('a bad metric is named where the question had only one or the sentence quotes it', () => {
  const reason = 'metric "b" is invalid'
  expect(interpretVerdict(denied('metric_invalid', reason), ['a'])).toEqual({ kind: 'usage', metric: 'a' })
  expect(interpretVerdict(denied('metric_invalid', reason), ['a', 'b'])).toEqual({ kind: 'usage', metric: 'b' })
  expect(interpretVerdict(denied('usage_value_invalid', 'usage value "x"'), ['a', 'b'])).toEqual({
    kind: 'usage',
    metric: undefined,
  })
})

test.each([
  ['application_key_invalid', 'identity'],
  ['user_key_invalid', 'identity'],
  ['application_not_found', 'identity'],
  ['referrer_not_allowed', 'identity'],
  ['a_code_of_tomorrow', 'identity'],
  ['application_not_active', 'application'],
  ['service_not_active', 'service'],
] as const)('%s is a denial of the %s', (code, scope) => {
  expect(interpretVerdict(denied(code), [])).toMatchObject({ kind: 'denied', scope })
})

test.each(['service_token_invalid', 'provider_key_invalid', 'oauth_not_enabled'])(
  '%s is a refusal of our own credential or settings',
  (code) => {
    expect(interpretVerdict(denied(code), [])).toMatchObject({ kind: 'provider' })
  },
)
