/** Status, fields and bytes of every denial. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Refusal } from '../../src/decision/refusal.ts'
import type { LimitCount } from '../../src/domain/limit-count.ts'
import { createRejection, type RejectionSettings } from '../../src/rejection/rejection.ts'

const NOW = Date.UTC(2026, 0, 15, 10, 20, 30, 500)

function rejectionWith(settings: Partial<RejectionSettings> = {}) {
  return createRejection({
    rejection: 'problem',
    rateLimitHeaders: 'denied',
    legacyRateLimitHeaders: false,
    clock: { now: () => NOW },
    ...settings,
  })
}

function deny(refusal: Omit<Refusal, 'outcome'>, settings?: Partial<RejectionSettings>) {
  return rejectionWith(settings).deny({ outcome: 'refuse', ...refusal })
}

describe('each situation has its status', () => {
  test.each([
    ['credentials_missing', 401, 'Unauthorized', undefined],
    ['credentials_malformed', 403, 'Forbidden', undefined],
    ['user_key_invalid', 403, 'Forbidden', undefined],
    ['application_not_active', 403, 'Forbidden', undefined],
    ['constructor', 403, 'Forbidden', undefined],
    ['limits_exceeded', 429, 'Too Many Requests', undefined],
    ['no_mapping_rule', 404, 'Not Found', undefined],
    ['path_ambiguous', 400, 'Bad Request', undefined],
    ['service_not_found', 404, 'Not Found', undefined],
    ['backend_unavailable', 503, 'Service Unavailable', '1'],
    ['overloaded', 503, 'Service Unavailable', '1'],
    ['gateway_closed', 503, 'Service Unavailable', '1'],
    ['gateway_misconfigured', 500, 'Internal Server Error', undefined],
    ['client_closed_request', 499, 'Client Closed Request', undefined],
  ])('%s is %i', (code, status, title, retryAfter) => {
    const denied = deny({ code })
    expect(denied).toMatchObject({ outcome: 'deny', code, status })
    expect(denied.headers['content-type']).toBe('application/problem+json')
    expect(denied.headers['cache-control']).toBe('no-store')
    expect(denied.headers['retry-after']).toBe(retryAfter)
    expect(denied.body).toBe(
      `{"type":"about:blank","title":"${title}","status":${status},"detail":"${denied.reason}","code":"${code}"}`,
    )
  })
})

describe('Retry-After', () => {
  test('is whole seconds, rounded up', () => {
    expect(deny({ code: 'limits_exceeded', retryAt: NOW + 29_500 }).headers['retry-after']).toBe('30')
    expect(deny({ code: 'limits_exceeded', retryAt: NOW + 29_501 }).headers['retry-after']).toBe('30')
    expect(deny({ code: 'limits_exceeded', retryAt: NOW + 29_501 }).retryAfterMs).toBe(29_501)
  })

  test('is at least 1, also when the window has just ended', () => {
    expect(deny({ code: 'limits_exceeded', retryAt: NOW }).headers['retry-after']).toBe('1')
    expect(deny({ code: 'limits_exceeded', retryAt: NOW - 5_000 }).headers['retry-after']).toBe('1')
  })

  test('is absent if waiting does not help', () => {
    expect(deny({ code: 'limits_exceeded' }).headers).not.toHaveProperty('retry-after')
    expect(deny({ code: 'limits_exceeded', retryAt: Number.POSITIVE_INFINITY }).headers).not.toHaveProperty(
      'retry-after',
    )
    const disabled = deny({ code: 'limits_exceeded', disabled: true, retryAt: NOW + 1000 })
    expect(disabled).toMatchObject({ status: 403, code: 'limits_exceeded', retryAfterMs: undefined })
    expect(disabled.headers).not.toHaveProperty('retry-after')
  })
})

describe('law 5: the caller’s own credential is masked', () => {
  test.each([
    ['user key "abc" is invalid', ['abc'], 'user key "***" is invalid'],
    ['user key "a&lt;b" is invalid', ['a<b'], 'user key "***" is invalid'],
    ['application with id="x" was not found', ['x', 'y'], 'application with id="***" was not found'],
    ['application key "cut off', ['cut off here'], 'application key "***'],
    ['user key "say "hi"" is invalid', ['say "hi"'], 'user key "***" is invalid'],
    ['no such key: a-long-key', ['a-long-key'], 'no such key: ***'],
    ['no such key: a%2Flong%2Fkey', ['a/long/key'], 'no such key: ***'],
    ['application is not active', ['a'], 'application is not active'],
  ])('%s', (reason, secrets, shown) => {
    const denied = deny({ code: 'user_key_invalid', reason, secrets })
    expect(denied.reason).toBe(shown)
    expect(JSON.parse(denied.body).detail).toBe(shown)
  })

  test('inspect and JSON of the decision do not show it either', () => {
    const denied = deny({ code: 'user_key_invalid', reason: 'user key "s3cr3t" is invalid', secrets: ['s3cr3t'] })
    expect(inspect(denied, { depth: 9, showHidden: true })).not.toContain('s3cr3t')
    expect(JSON.stringify(denied)).not.toContain('s3cr3t')
  })
})

test('a reason has no control characters and at most 256 characters', () => {
  const denied = deny({ code: 'x', reason: `a\r\nb\u0000c\u2028${'😀'.repeat(200)}` })
  expect(denied.reason.startsWith('a��b�c�😀')).toBe(true)
  expect(denied.reason.length).toBeLessThanOrEqual(256)
  expect(denied.reason.isWellFormed()).toBe(true)
})

test('rejection: text answers with the plain reason', () => {
  const denied = deny({ code: 'no_mapping_rule', reason: 'nichts für dich' }, { rejection: 'text' })
  expect(denied.body).toBe('nichts für dich')
  expect(denied.headers['content-type']).toBe('text/plain; charset=utf-8')
})

test('a 401 carries the challenge, other answers do not', () => {
  const challenge = 'Basic realm="3scale", charset="UTF-8"'
  expect(deny({ code: 'credentials_missing' }, { challenge }).headers['www-authenticate']).toBe(challenge)
  expect(deny({ code: 'user_key_invalid' }, { challenge }).headers).not.toHaveProperty('www-authenticate')
  expect(deny({ code: 'credentials_missing' }).headers).not.toHaveProperty('www-authenticate')
})

describe('the texts of a proxy configuration', () => {
  const texts = {
    missing: { status: 419, body: 'who?', contentType: 'application/xml' },
    failed: { status: 418, body: 'bad', contentType: 'application/json' },
    noMatch: { status: 420, body: 'nothing', contentType: 'text/csv' },
    limits: { status: 430, body: 'slow down', contentType: 'text/html' },
  }

  test.each([
    ['credentials_missing', texts.missing],
    ['credentials_malformed', texts.failed],
    ['application_key_invalid', texts.failed],
    ['no_mapping_rule', texts.noMatch],
    ['limits_exceeded', texts.limits],
  ])('%s', (code, text) => {
    const denied = deny({ code, retryAt: code === 'limits_exceeded' ? NOW + 5_000 : undefined }, { texts })
    expect(denied).toMatchObject({ code, status: text.status, body: text.body })
    expect(denied.headers['content-type']).toBe(text.contentType)
    expect(denied.headers['retry-after']).toBe(code === 'limits_exceeded' ? '5' : undefined)
  })

  test.each([204, 205, 304])('an answer with status %i has no body', (status) => {
    expect(
      deny({ code: 'credentials_missing' }, { texts: { ...texts, missing: { ...texts.missing, status } } }),
    ).toMatchObject({ status, body: '' })
  })

  test('a disabled metric is a failure, as for APIcast', () => {
    expect(deny({ code: 'limits_exceeded', disabled: true }, { texts })).toMatchObject({ status: 418, body: 'bad' })
  })

  test('an outage stays 503 and our own mistake 500', () => {
    expect(deny({ code: 'backend_unavailable' }, { texts }).status).toBe(503)
    expect(deny({ code: 'gateway_misconfigured' }, { texts }).status).toBe(500)
    expect(deny({ code: 'path_ambiguous' }, { texts }).status).toBe(400)
  })
})

const MINUTE = Date.UTC(2026, 0, 15, 10, 20)
const LIMITS: readonly LimitCount[] = [
  { metric: 'hits', period: 'month', start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1), max: 1000, current: 10 },
  { metric: 'hits', period: 'minute', start: MINUTE, end: MINUTE + 60_000, max: 5, current: 7 },
  { metric: 'total', period: 'eternity', start: undefined, end: undefined, max: 50, current: 3 },
]

describe('rate-limit fields', () => {
  test('one policy per limit', () => {
    expect(rejectionWith().limitHeaders(LIMITS)).toEqual({
      'ratelimit-policy': '"hits.month";q=1000;w=2678400, "hits.minute";q=5;w=60, "total.eternity";q=50',
      ratelimit: '"hits.month";r=990;t=1431570, "hits.minute";r=0;t=30, "total.eternity";r=47',
    })
  })

  test('older fields show the tightest limit', () => {
    const rejection = rejectionWith({ rateLimitHeaders: false, legacyRateLimitHeaders: true })
    expect(rejection.limitHeaders(LIMITS)).toEqual({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '30',
    })
  })

  test('the fields of APIcast’s policy are sent on request', () => {
    const rejection = rejectionWith({ rateLimitHeaders: false, apicastRateLimitHeaders: true })
    expect(rejection.limitHeaders(LIMITS)).toEqual({
      'ratelimit-limit': '5',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '30',
    })
  })

  test('are on denials, unless switched off or no limits are known', () => {
    expect(deny({ code: 'limits_exceeded', limits: LIMITS }).headers).toHaveProperty('ratelimit')
    expect(deny({ code: 'limits_exceeded' }).headers).not.toHaveProperty('ratelimit')
    expect(deny({ code: 'limits_exceeded', limits: LIMITS }, { rateLimitHeaders: false }).headers).not.toHaveProperty(
      'ratelimit',
    )
  })
})
