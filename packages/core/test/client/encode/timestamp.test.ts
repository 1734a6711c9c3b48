import { expect, test } from 'vitest'
import { parseTimestamp, timestampOf } from '../../../src/client/encode/timestamp.ts'

const TEN_TWENTY_THIRTY = Date.UTC(2026, 0, 15, 10, 20, 30) / 1000

test.each([
  '2026-01-15 10:20:30',
  '2026-01-15 10:20:30 +0000',
  '2026-01-15 10:20:30 UTC',
  '2026-01-15T10:20:30Z',
  '2026-01-15T10:20:30.999Z',
  '2026-01-15 12:20:30 +0200',
  '2026-01-15T12:20:30+02:00',
  '2026-01-15 02:20:30 -0800',
])('reads %s as the backend does', (text) => {
  expect(parseTimestamp(text)).toBe(TEN_TWENTY_THIRTY)
})

test('missing parts of the time are zero', () => {
  expect(parseTimestamp('2026-01-15 10:20')).toBe(TEN_TWENTY_THIRTY - 30)
  expect(parseTimestamp('2026-01-15')).toBe(Date.UTC(2026, 0, 15) / 1000)
})

test.each([
  '',
  'now',
  '1768472430',
  '20260115102030',
  '2026-01',
  '2026-02-30 10:20:30',
  '2026-13-01 10:20:30',
  '2026-01-15 25:20:30',
  '15/01/2026 10:20',
  '2026-01-15 10:20:30 CET',
  '2026-01-15 10:20:30 +02',
])('refuses %o, which the backend would read in another way or replace by the current time', (text) => {
  expect(parseTimestamp(text)).toBeUndefined()
})

test('a date is sent in whole seconds, whatever the time zone of the process', () => {
  const problems: string[] = []
  expect(timestampOf({ timestamp: new Date(TEN_TWENTY_THIRTY * 1000 + 999) }, 't', problems)).toBe(TEN_TWENTY_THIRTY)
  expect(timestampOf({ timestampSeconds: 5 }, 't', problems)).toBe(5)
  expect(timestampOf({}, 't', problems)).toBeUndefined()
  expect(problems).toEqual([])
})
