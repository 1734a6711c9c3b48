import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBulkhead } from '../../src/backend/bulkhead.ts'

test('law 10: at most half of the calls serve identities never seen allowed', () => {
  const bulkhead = createBulkhead({ maxCalls: 4 })
  expect([bulkhead.enter(false), bulkhead.enter(false), bulkhead.enter(false)]).toEqual([true, true, false])
  expect([bulkhead.enter(true), bulkhead.enter(true), bulkhead.enter(true)]).toEqual([true, true, false])
  bulkhead.leave(false)
  expect(bulkhead.enter(false)).toBe(true)
})

test('a single place is open to unverified callers, or no caller could ever become known', () => {
  const bulkhead = createBulkhead({ maxCalls: 1 })
  expect(bulkhead.enter(false)).toBe(true)
  expect(bulkhead.enter(true)).toBe(false)
})

test('law 10: in any order of calls the bounds hold and no place gets lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.boolean(), { maxLength: 80 }), (maxCalls, arrivals) => {
      const bulkhead = createBulkhead({ maxCalls })
      const inside: boolean[] = []
      for (const [index, known] of arrivals.entries()) {
        if (bulkhead.enter(known)) inside.push(known)
        else expect(inside.length >= maxCalls || !known).toBe(true)
        const unverified = inside.filter((each) => !each).length
        expect(inside.length).toBeLessThanOrEqual(maxCalls)
        expect(unverified).toBeLessThanOrEqual(Math.max(1, maxCalls / 2))
        expect(bulkhead.running).toBe(inside.length)
        if (index % 3 === 0 && inside.length > 0) bulkhead.leave(inside.shift()!)
      }
    }),
  )
})
