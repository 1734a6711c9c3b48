import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bulkhead, createBulkhead } from '../../src/backend/bulkhead.ts'

/** How many calls of one share get a place, one after the other. */
function fill(bulkhead: Bulkhead, known: boolean, share: string): number {
  let entered = 0
  while (bulkhead.enter(known, share)) entered++
  return entered
}

test('law 10: at most half of the calls serve identities never seen allowed', () => {
  const bulkhead = createBulkhead({ maxCalls: 4 })
  expect(['a', 'b', 'c'].map((share) => bulkhead.enter(false, share))).toEqual([true, true, false])
  expect(['a', 'b', 'c'].map((share) => bulkhead.enter(true, share))).toEqual([true, true, false])
  bulkhead.leave(false, 'a')
  expect(bulkhead.enter(false, 'c')).toBe(true)
})

test('a single place is open to unverified callers, or no caller could ever become known', () => {
  const bulkhead = createBulkhead({ maxCalls: 1 })
  expect(bulkhead.enter(false, 'a')).toBe(true)
  expect(bulkhead.enter(true, 'b')).toBe(false)
})

describe('law 10: one caller', () => {
  test('gets at most half of the places, and of those of callers never seen allowed', () => {
    expect(fill(createBulkhead({ maxCalls: 128 }), true, 'a')).toBe(64)
    expect(fill(createBulkhead({ maxCalls: 128 }), false, 'a')).toBe(32)
    expect([1, 2, 3].map((maxCalls) => fill(createBulkhead({ maxCalls }), true, 'a'))).toEqual([1, 1, 2])
  })

  test('gets no place that another has given back while it holds more than are free', () => {
    const bulkhead = createBulkhead({ maxCalls: 12 })
    expect([fill(bulkhead, true, 'a'), fill(bulkhead, true, 'b'), fill(bulkhead, true, 'c')]).toEqual([6, 3, 2])
    bulkhead.leave(true, 'a')
    expect([bulkhead.enter(true, 'a'), bulkhead.enter(true, 'd'), bulkhead.enter(true, 'e')]).toEqual([
      false,
      true,
      true,
    ])
    expect(bulkhead.enter(true, 'f')).toBe(false)
  })

  test('shares with no other: a group of callers never seen allowed may have the name of a known caller', () => {
    const bulkhead = createBulkhead({ maxCalls: 8 })
    expect(fill(bulkhead, false, 'a')).toBe(2)
    expect(fill(bulkhead, true, 'a')).toBe(3)
  })
})

test('law 10: in any order of calls the bounds hold and no place gets lost', () => {
  const arrival = fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c'))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(arrival, { maxLength: 80 }), (maxCalls, arrivals) => {
      const bulkhead = createBulkhead({ maxCalls })
      const inside: [boolean, string][] = []
      for (const [index, [known, share]] of arrivals.entries()) {
        const held = inside.filter(([each, name]) => each === known && name === share).length
        const unverified = inside.filter(([each]) => !each).length
        const free = Math.min(
          maxCalls - inside.length,
          known ? maxCalls : Math.max(1, Math.floor(maxCalls / 2)) - unverified,
        )
        expect(bulkhead.enter(known, share)).toBe(held < free)
        if (held < free) inside.push([known, share])
        expect(bulkhead.running).toBe(inside.length)
        if (index % 3 === 0 && inside.length > 0) bulkhead.leave(...inside.shift()!)
      }
      for (const place of inside.splice(0)) bulkhead.leave(...place)
      expect(bulkhead.running).toBe(0)
      expect([bulkhead.enter(true, 'a'), maxCalls < 2 || bulkhead.enter(false, 'a')]).toEqual([true, true])
    }),
  )
})
