import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duration, windowEnd } from '../../src/dashboard/page/windows.js'
import { periodNames, windowsAt } from '../../src/provider/period.ts'

test('windows end for the page when they end for the backend', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9000-01-01'), noInvalidDate: true }), (date) => {
      const windows = windowsAt(date.getTime())
      for (const period of periodNames) expect(windowEnd(period, date.getTime()), period).toBe(windows[period].end)
    }),
  )
})

test('a length of time is told in its two largest units', () => {
  expect([0, 1, 61_000, 3_600_000, 90_061_000].map(duration)).toEqual(['0 s', '1 s', '1 min 1 s', '1 h', '1 d 1 h'])
})
