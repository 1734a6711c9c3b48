import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBackOff } from '../../src/reporting/back-off.ts'

const NOW = 1_000_000

describe('the wait after a failure', () => {
  it('doubles up to the maximum, and begins anew after a success', () => {
    const backOff = createBackOff(500, 3000, () => 0.5)
    const waits: number[] = []
    for (let failure = 0; failure < 5; failure++) {
      backOff.failed(NOW)
      waits.push(backOff.dueAt(NOW) - NOW)
    }
    expect(waits).toEqual([500, 1000, 2000, 3000, 3000])
    backOff.succeeded()
    expect(backOff.dueAt(NOW)).toBe(NOW)
    backOff.failed(NOW)
    expect(backOff.dueAt(NOW)).toBe(NOW + 500)
  })

  it('is 0.5 to 1.5 times that, so that processes do not retry together', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 2000 }), (random, failures) => {
        const backOff = createBackOff(500, 10_000, () => random)
        for (let failure = 0; failure < failures; failure++) backOff.failed(NOW)
        const step = Math.min(10_000, 500 * 2 ** (failures - 1))
        expect(backOff.dueAt(NOW) - NOW).toBe(Math.ceil(step * (0.5 + random)))
      }),
    )
  })

  it('is at least what the backend asked for', () => {
    const backOff = createBackOff(500, 3000, () => 0.5)
    backOff.failed(NOW, 60_000)
    expect(backOff.dueAt(NOW)).toBe(NOW + 60_000)
    backOff.failed(NOW, 10)
    expect(backOff.dueAt(NOW)).toBe(NOW + 1000)
  })

  it('is over when its time has come', () => {
    const backOff = createBackOff(500, 3000, () => 0.5)
    backOff.failed(NOW)
    expect(backOff.dueAt(NOW + 499)).toBe(NOW + 500)
    expect(backOff.dueAt(NOW + 501)).toBe(NOW + 501)
  })
})
