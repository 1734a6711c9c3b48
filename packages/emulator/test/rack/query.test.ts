import { describe, expect, test } from 'vitest'
import type { Parameter, ParameterHash } from '../../src/rack/parameter.ts'
import { parseQuery } from '../../src/rack/query.ts'

/** Hashes as arrays of pairs, so that order and odd names show. */
function plain(value: Parameter): unknown {
  if (value instanceof Map) return { hash: [...value].map(([name, member]) => [name, plain(member)]) }
  return Array.isArray(value) ? value.map(plain) : value
}

const parsed = (query: string) => (plain(parseQuery(query)) as { hash: unknown }).hash
const hash = (...hash: unknown[]) => ({ hash })

describe('parseQuery', () => {
  test.each<[string, unknown[]]>([
    ['', []],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', null]]],
    ['a=', [['a', '']]],
    ['=1&&a=b=c', [['a', 'b=c']]],
    ['a=1&a=2', [['a', '2']]],
    ['a;b=1', [['a;b', '1']]],
    [
      'a=1& b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a+b=c%20d%2B', [['a b', 'c d+']]],
    ['__proto__[x]=1', [['__proto__', hash(['x', '1'])]]],
    ['a[b]=1&a[c]=2&a[b]=3', [['a', hash(['b', '3'], ['c', '2'])]]],
    ['a[2]=x&a[1]=y', [['a', hash(['2', 'x'], ['1', 'y'])]]],
    ['a%5Bb%5D=1', [['a', hash(['b', '1'])]]],
    ['a[]=1&a[]=2&a[]', [['a', ['1', '2', null]]]],
    ['a[][b]=1&a[][c]=2&a[][b]=3', [['a', [hash(['b', '1'], ['c', '2']), hash(['b', '3'])]]]],
    ['a[][b][c]=1&a[][b][c]=2', [['a', [hash(['b', hash(['c', '1'])]), hash(['b', hash(['c', '2'])])]]]],
    ['a[b]=1&a=2', [['a', '2']]],
    ['a&a[b]=1', [['a', hash(['b', '1'])]]],
    ['a[b=1', [['a', hash(['[b', '1'])]]],
    ['a[=1', [['a[', '1']]],
    ['a]=1', [['a]', '1']]],
    ['[a]=1', [['[a]', '1']]],
    ['[]=1', [['[]', '1']]],
    ['a[b]c=1', [['a', hash(['b', hash(['c', '1'])])]]],
    ['a[b].c=1', [['a', hash(['b', hash(['.c', '1'])])]]],
    ['a[][]=1', [['a', [['1']]]]],
  ])('%s', (query, expected) => {
    expect(parsed(query)).toEqual(expected)
  })

  test.each<[string, string, string]>([
    ['a=1&a[b]=2', 'type', "expected Hash (got String) for param `a'"],
    ['a[]=1&a[b]=2', 'type', "expected Hash (got Array) for param `a'"],
    ['a[b]=1&a[]=2', 'type', "expected Array (got Rack::QueryParser::Params) for param `a'"],
    ['a=1&a[]=2', 'type', "expected Array (got String) for param `a'"],
    ['x[a]=1&x[a][]=2', 'type', "expected Array (got String) for param `a'"],
    ['a=%', 'encoding', 'invalid %-encoding (%)'],
    ['%zz=1', 'encoding', 'invalid %-encoding (%zz)'],
    [`a${'[b]'.repeat(32)}=1`, 'limit', 'Rack::QueryParser::QueryLimitError'],
    [`a=1${'&b'.repeat(4096)}`, 'limit', 'total number of query parameters (4097) exceeds limit (4096)'],
  ])('refuses %.30s', (query, kind, message) => {
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ kind, message }))
  })

  test('takes 4096 parameters, and names 31 pairs deep', () => {
    expect(parseQuery(Array.from({ length: 4096 }, (_each, index) => `p${index}=1`).join('&')).size).toBe(4096)
    expect(parseQuery(`a${'[b]'.repeat(31)}=1`).size).toBe(1)
  })

  test('bytes that are not UTF-8 stay distinct, and are written as U+FFFD', () => {
    const value = (query: string) => (parseQuery(query) as ParameterHash).get('a') as string
    expect(value('a=%C3%BC')).toBe('ü')
    expect(value('a=\xc3\xbc')).toBe('ü')
    expect(value('a=%FF')).not.toBe(value('a=%FE'))
    expect(Buffer.from(value('a=x%FFy%C3')).toString()).toBe('x\ufffdy\ufffd')
    expect(value('a=%ED%A0%80%F0%9F%98%80')).toMatch(/^[\udc80-\udcff]{3}😀$/)
  })
})
