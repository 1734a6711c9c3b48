import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCallGate } from '../../src/backend/bulkhead.ts'

test('law 10: at most half of the calls serve identities never seen allowed', () => {
  const gate = createCallGate({ maxCalls: 4 })
  expect([gate.enter(false), gate.enter(false), gate.enter(false)]).toEqual([true, true, false])
  expect([gate.enter(true), gate.enter(true), gate.enter(true)]).toEqual([true, true, false])
  gate.leave(false)
  expect(gate.enter(false)).toBe(true)
})

test('a gate of one place lets strangers in, else nobody would ever be known', () => {
  const gate = createCallGate({ maxCalls: 1 })
  expect(gate.enter(false)).toBe(true)
  expect(gate.enter(true)).toBe(false)
})

test('law 10: whatever comes and goes, the bounds hold and no place gets lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.boolean(), { maxLength: 80 }), (maxCalls, arrivals) => {
      const gate = createCallGate({ maxCalls })
      const inside: boolean[] = []
      for (const [index, known] of arrivals.entries()) {
        if (gate.enter(known)) inside.push(known)
        else expect(inside.length >= maxCalls || !known).toBe(true)
        const strangers = inside.filter((each) => !each).length
        expect(inside.length).toBeLessThanOrEqual(maxCalls)
        expect(strangers).toBeLessThanOrEqual(Math.max(1, maxCalls / 2))
        expect(gate.running).toBe(inside.length)
        if (index % 3 === 0 && inside.length > 0) gate.leave(inside.shift()!)
      }
    }),
  )
})
