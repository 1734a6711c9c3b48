import { expect, test } from 'vitest'
import { strip } from '../../src/ruby/strip.ts'

test.each([
  ['', ''],
  ['a', 'a'],
  [' \t\n\v\f\r\0a b\0 ', 'a b'],
  ['   ', ''],
  ['\u00a0a\u3000', '\u00a0a\u3000'],
])('%j becomes %j', (text, expected) => {
  expect(strip(text)).toBe(expected)
})

test('millions of blanks take linear time', () => {
  const blanks = ' '.repeat(2_000_000)
  expect(strip(`${blanks}a${blanks}b`)).toBe(`a${blanks}b`)
})
