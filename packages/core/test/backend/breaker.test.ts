import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { type BreakerState, createBreaker } from '../../src/backend/breaker.ts'

test('opens after the given number of consecutive failures, and tells how long to wait', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 3, openMs: 1000 }, clock)
  breaker.failure()
  breaker.failure()
  breaker.success()
  breaker.failure()
  breaker.failure()
  expect(breaker.acquire()).toBe('pass')
  breaker.failure()
  expect(breaker.state).toEqual({ kind: 'open', until: clock.elapsed() + 1000 })
  clock.skip(400)
  expect(breaker.acquire()).toEqual({ retryAfterMs: 600 })
})

test('lets one probe through when its time is over, and closes when the probe succeeds', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 1, openMs: 1000 }, clock)
  breaker.failure()
  clock.skip(1000)
  expect(breaker.acquire()).toBe('probe')
  expect(breaker.acquire()).toEqual({ retryAfterMs: 1000 })
  breaker.success()
  expect(breaker.acquire()).toBe('pass')
})

test('opens again when the probe fails', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 5, openMs: 1000 }, clock)
  for (let n = 0; n < 5; n++) breaker.failure()
  clock.skip(1000)
  expect(breaker.acquire()).toBe('probe')
  breaker.failure()
  expect(breaker.acquire()).toEqual({ retryAfterMs: 1000 })
})

test('gives the next call the probe when the first one was aborted', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 1, openMs: 1000 }, clock)
  breaker.failure()
  clock.skip(1000)
  expect(breaker.acquire()).toBe('probe')
  breaker.drop('probe')
  expect(breaker.acquire()).toBe('probe')
})

test('is not stuck when the outcome of a probe is never reported', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 1, openMs: 1000 }, clock)
  breaker.failure()
  clock.skip(1000)
  breaker.acquire()
  clock.skip(1000)
  expect(breaker.acquire()).toBe('probe')
})

test('is not kept open longer by failures of calls made before it opened', () => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 1, openMs: 1000 }, clock)
  breaker.failure()
  clock.skip(900)
  breaker.failure()
  clock.skip(100)
  expect(breaker.acquire()).toBe('probe')
})

test('announces every change', () => {
  const clock = new ManualClock(1_000_000)
  const changes: BreakerState['kind'][] = []
  const breaker = createBreaker({ failures: 1, openMs: 10, onChange: (state) => changes.push(state.kind) }, clock)
  breaker.success()
  breaker.failure()
  clock.skip(10)
  breaker.acquire()
  breaker.success()
  expect(changes).toEqual(['open', 'half-open', 'closed'])
})

test('in any sequence never has two probes at once, and lets a call through within openMs of silence', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('acquire' as const) }),
    fc.record({ do: fc.constantFrom('success' as const, 'failure' as const, 'drop' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 150 }) }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (failures, steps) => {
      const clock = new ManualClock(1_000_000)
      const breaker = createBreaker({ failures, openMs: 100 }, clock)
      let probeSince: number | undefined
      let failed = 0
      for (const each of steps) {
        if (each.do === 'wait') clock.skip(each.ms)
        else if (each.do === 'acquire') {
          const permit = breaker.acquire()
          if (permit === 'probe') {
            expect(probeSince === undefined || clock.elapsed() - probeSince >= 100).toBe(true)
            probeSince = clock.elapsed()
          } else if (permit === 'pass') {
            expect(failed).toBeLessThan(failures)
          } else {
            expect(permit.retryAfterMs).toBeGreaterThan(0)
            expect(permit.retryAfterMs).toBeLessThanOrEqual(100)
          }
        } else {
          if (each.do === 'drop') breaker.drop(probeSince === undefined ? 'pass' : 'probe')
          else breaker[each.do]()
          failed = each.do === 'success' ? 0 : each.do === 'failure' ? failed + 1 : failed
          probeSince = undefined
        }
      }
      clock.skip(100)
      expect(breaker.acquire()).toMatch(/pass|probe/)
    }),
  )
})
