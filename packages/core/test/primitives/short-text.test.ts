import { expect, test } from 'vitest'
import { shortText } from '../../src/primitives/short-text.ts'

test('a text of usual length stands for itself', () => {
  expect(shortText('32:0123456789abcdef0123456789abcdef-----')).toBe('32:0123456789abcdef0123456789abcdef-----')
  expect(shortText('x'.repeat(128))).toBe('x'.repeat(128))
})

test('law 6: long texts that differ anywhere have different short ones', () => {
  const long = 'k'.repeat(4000)
  const texts = [
    long,
    `${long}k`,
    `j${long.slice(1)}`,
    `${long.slice(1)}j`,
    // These are equal in UTF-8.
    `${long}\ud800`,
    `${long}\udbff`,
    `${long}\ufffd`,
    // These are equal in latin1.
    `${long}\u0141`,
    `${long}A`,
  ]
  const short = texts.map(shortText)
  expect(new Set(short).size).toBe(texts.length)
  for (const each of short) expect(each).toMatch(/^#[\w-]{43}$/)
  expect(short.map(shortText)).toEqual(short)
})
