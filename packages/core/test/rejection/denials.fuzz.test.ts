/** Rate-limit fields, read by a parser of structured fields. */
import fc from 'fast-check'
import { parseList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import type { LimitCount } from '../../src/domain/limit-count.ts'
import { PERIODS } from '../../src/domain/period.ts'
import { createRejection } from '../../src/rejection/rejection.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'

const NOW = Date.UTC(2026, 0, 15, 10, 20, 30, 500)
const rejection = createRejection({
  rejection: 'problem',
  rateLimitHeaders: 'all',
  legacyRateLimitHeaders: true,
  clock: { now: () => NOW },
})

const amounts = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(0))
const dates = fc.integer({ min: NOW - 400 * 86_400_000, max: NOW + 400 * 86_400_000 })
const counts: fc.Arbitrary<LimitCount> = fc
  .record({
    metric: fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 })),
    period: fc.constantFrom(...PERIODS),
    start: dates,
    length: fc.integer({ min: 60_000, max: 366 * 86_400_000 }),
    max: amounts,
    current: amounts,
  })
  .map(({ start, length, period, ...rest }) => ({
    ...rest,
    period,
    start: period === 'eternity' ? undefined : start,
    end: period === 'eternity' ? undefined : start + length,
  }))

describe('RateLimit and RateLimit-Policy', () => {
  test(
    'are lists of strings with whole, non-negative parameters, one item per limit',
    () => {
      fc.assert(
        fc.property(fc.array(counts, { minLength: 1, maxLength: 6 }), (limits) => {
          const fields = rejection.limitHeaders(limits)
          const policies = parseList(fields['ratelimit-policy']!)
          const states = parseList(fields.ratelimit!)
          expect(policies).toHaveLength(limits.length)
          expect(states).toHaveLength(limits.length)
          limits.forEach((limit, index) => {
            const [name, policy] = policies[index]!
            const [sameName, state] = states[index]!
            expect(typeof name).toBe('string')
            expect(sameName).toBe(name)
            expect(String(name).endsWith(`.${limit.period}`)).toBe(true)
            if (/^[\x20-\x7e]*$/.test(limit.metric)) expect(name).toBe(`${limit.metric}.${limit.period}`)
            expect(policy.get('q')).toBe(Math.min(limit.max, 999_999_999_999_999))
            expect(state.get('r')).toBe(Math.min(Math.max(0, limit.max - limit.current), 999_999_999_999_999))
            if (limit.end === undefined) {
              expect([policy.has('w'), state.has('t')]).toEqual([false, false])
            } else {
              expect(policy.get('w')).toBe(Math.round((limit.end - limit.start!) / 1000))
              const length = limit.end - limit.start!
              expect(state.get('t')).toBe(Math.max(0, Math.ceil(Math.min(limit.end - NOW, length) / 1000)))
            }
          })
        }),
        { numRuns: FUZZ_RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )

  test('Retry-After is never earlier than the state’s own time', () => {
    const end = NOW + 12_300
    const limit: LimitCount = {
      metric: 'hits',
      period: 'minute',
      start: end - 60_000,
      end,
      max: 1,
      current: 1,
    }
    const { headers } = rejection.deny({ outcome: 'refuse', code: 'limits_exceeded', retryAt: end, limits: [limit] })
    const [[, state]] = parseList(headers.ratelimit!) as [[string, Map<string, number>]]
    expect(Number(headers['retry-after'])).toBe(state.get('t'))
  })
})

test(
  'every field of a denial can be sent and its body is JSON, for any answer of 3scale',
  () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'grapheme' }))
    const refusals = fc.record({
      outcome: fc.constant('refuse' as const),
      code: fc.oneof(texts, fc.constantFrom('limits_exceeded', 'credentials_missing', 'gateway_closed')),
      reason: fc.option(texts, { nil: undefined }),
      retryAt: fc.option(fc.oneof(dates, fc.double()), { nil: undefined }),
      disabled: fc.option(fc.boolean(), { nil: undefined }),
      limits: fc.array(counts, { maxLength: 3 }),
      secrets: fc.array(texts, { maxLength: 2 }),
    })
    fc.assert(
      fc.property(refusals, (refusal) => {
        const { status, headers, body, reason } = rejection.deny(refusal)
        const answer = new Response(null, { status: status === 499 ? 499 : status, headers })
        expect(answer.headers.get('content-type')).toBe('application/problem+json')
        expect(headers['retry-after'] ?? '1').toMatch(/^[1-9]\d*$/)
        expect(JSON.parse(body)).toMatchObject({ status, detail: reason, code: refusal.code.toWellFormed() })
        expect(reason.length).toBeLessThanOrEqual(256)
        expect(reason).toMatch(/^\P{Cc}*$/u)
        for (const secret of refusal.secrets) if (secret.length >= 4) expect(reason).not.toContain(secret)
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)
