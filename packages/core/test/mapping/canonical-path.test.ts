import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalPath, foldedPath, spelledPaths } from '../../src/mapping/canonical-path.ts'

describe('a canonical path', () => {
  test.each([
    ['/a%41%5c%20b', '/aA%5C%20b'],
    ['/a//b/./c/../d', '/a/b/d'],
    ['/%C3%a9', '/%C3%A9'],
    ['/%252f', '/%252f'],
    ['/a%2Fb', '/a/b'],
  ])('of %s is %s', (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical)
  })

  test.each(['/%', '/%4', '/%zz', '/a%00b', '/a\u0000b', '/../a', '/a/../../b'])('does not exist for %j', (path) => {
    expect(canonicalPath(path)).toBeUndefined()
  })
})

test('a folded path is the same for a path and for that path in capitals, escapes of letters included', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'aZ09/-_.~!$&\'()*+,;=:@[]\\ "<>^`{|}#?%\u00e9\u00c9\u0142\u0141'),
    maxLength: 12,
  })
  const escaped = (plain: string) =>
    [...Buffer.from(plain)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  fc.assert(
    fc.property(text, text, (one, other) => {
      const lower = canonicalPath(`/${encodeURIComponent(one.toLowerCase())}x${escaped(other.toLowerCase())}`)
      const upper = canonicalPath(`/${encodeURIComponent(one.toUpperCase())}X${escaped(other.toUpperCase())}`)
      if (lower === undefined || upper === undefined) expect(lower).toBe(upper)
      else {
        expect(foldedPath(upper)).toBe(foldedPath(lower))
        expect(foldedPath(foldedPath(lower))).toBe(foldedPath(lower))
        expect(decodeURIComponent(foldedPath(lower))).toBe(decodeURIComponent(lower))
      }
    }),
    { numRuns: 500 },
  )
})

test('a canonical path is spelled as it is, folded or not; with brackets, also as wildcards read it', () => {
  const unit = fc.constantFrom(
    'aZ',
    '09',
    '/',
    '-_.~',
    '%5c',
    '%5B',
    '[',
    ']',
    '%41',
    '%c3%89',
    '%ff',
    ' ',
    '\u00e9',
    '"',
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 8 }), (pieces) => {
      const own = canonicalPath(`/${pieces.join('')}`)
      fc.pre(own !== undefined)
      const brackets = (path: string) => path.replaceAll('[', '%5B').replaceAll(']', '%5D')
      for (const path of [own!, foldedPath(own!)]) {
        const [spelled, ...others] = spelledPaths(path).map((each) => (path === own ? each : each.toLowerCase()))
        expect(spelled).toBe(path)
        const other = path === own ? brackets(path) : brackets(path).toLowerCase()
        expect(others).toEqual(other === path ? [] : [other])
      }
    }),
    { numRuns: 500 },
  )
})
