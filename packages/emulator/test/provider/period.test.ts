import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { periodNames, windowsAt } from '../../src/provider/period.ts'

const bounds = (at: string) =>
  Object.fromEntries(
    Object.entries(windowsAt(Date.parse(at))).map(([name, { start, end }]) => [
      name,
      Number.isFinite(end) ? [start, end].map((each) => new Date(each).toISOString().slice(0, 16)) : 'all',
    ]),
  )

test('windows are those of the UTC calendar, weeks from Monday', () => {
  expect(bounds('2028-02-29T23:59:59.999Z')).toEqual({
    eternity: 'all',
    year: ['2028-01-01T00:00', '2029-01-01T00:00'],
    month: ['2028-02-01T00:00', '2028-03-01T00:00'],
    week: ['2028-02-28T00:00', '2028-03-06T00:00'],
    day: ['2028-02-29T00:00', '2028-03-01T00:00'],
    hour: ['2028-02-29T23:00', '2028-03-01T00:00'],
    minute: ['2028-02-29T23:59', '2028-03-01T00:00'],
  })
})

describe('for any instant', () => {
  const instants = fc.date({ min: new Date('1950-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })

  test('every window holds it, and its neighbours adjoin', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...periodNames), (date, period) => {
        const { start, end } = windowsAt(date.getTime())[period]
        if (period === 'eternity') return
        expect(start).toBeLessThanOrEqual(date.getTime())
        expect(end).toBeGreaterThan(date.getTime())
        expect(windowsAt(end)[period].start).toBe(end)
        expect(windowsAt(end - 1)[period].start).toBe(start)
      }),
    )
  })
})
