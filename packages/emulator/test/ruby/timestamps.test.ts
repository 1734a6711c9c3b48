/**
 * The parser against Ruby itself. `timestamps.rb` made the texts and what Ruby reads in them; its head says how. Among
 * them is each zone name that Ruby knows.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseTimestamp } from '../../src/ruby/timestamp.ts'

const cases = JSON.parse(readFileSync(new URL('timestamps.json', import.meta.url), 'utf8')) as [string, number | null][]

/** Where a Date ends, in seconds; beyond it an instant is only known to be in the past or in the future. */
const range = 8.64e12

test(`reads ${cases.length} texts as Ruby does`, () => {
  const wrong = cases.flatMap(([text, expected]) => {
    const at = parseTimestamp(text)
    const seconds = at === undefined ? null : Number.isFinite(at) ? Math.floor(at / 1000) : at
    const isRight =
      expected !== null && Math.abs(expected) > range && typeof seconds === 'number'
        ? Math.sign(expected) === Math.sign(seconds) && Math.abs(seconds) > range
        : seconds === expected
    return isRight ? [] : [{ text, expected, seconds }]
  })
  expect(wrong).toEqual([])
})
