import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { boundaryOf, parseMultipart } from '../../src/rack/multipart.ts'
import type { Parameter, ParameterError } from '../../src/rack/parameter.ts'

/** Bodies and what the parser of Rack 3.2 makes of them: names with values, null for a file; or how it fails. */
type RackCase = [
  contentType: string,
  body: string,
  expected: [name: string, value: string | null][] | 'empty' | 'crash',
]
const cases = JSON.parse(readFileSync(new URL('multipart.json', import.meta.url), 'utf8')) as RackCase[]

/** Decoded text as the bytes it came from, one character a byte, as `cases` have it; null for a file. */
const bytesOf = (value: Parameter) =>
  typeof value === 'string'
    ? [...value]
        .map((each) =>
          /[\udc80-\udcff]/.test(each)
            ? String.fromCharCode(each.charCodeAt(0) - 0xdc00)
            : Buffer.from(each).toString('latin1'),
        )
        .join('')
    : null

test(`reads ${cases.length} bodies as Rack does`, () => {
  const read = (contentType: string, text: string) => {
    try {
      const found = parseMultipart(text, boundaryOf(contentType)!)
      return [...found].map(([name, value]) => [bytesOf(name), bytesOf(value)])
    } catch (error) {
      return { multipart: 'empty', crash: 'crash' }[(error as ParameterError).kind as string]
    }
  }
  for (const [contentType, text, expected] of cases) {
    const merged = typeof expected === 'string' ? expected : [...new Map(expected)]
    expect(read(contentType, text), JSON.stringify(text)).toEqual(merged)
  }
})

const body = (...parts: string[]) => `${parts.map((part) => `--bnd\r\n${part}\r\n`).join('')}--bnd--\r\n`
const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`

test('fields nest like those of a query', () => {
  const found = parseMultipart(body(field('a[b]', '1'), field('a[c]', 'x\r\ny')), 'bnd')
  expect(found).toEqual(
    new Map([
      [
        'a',
        new Map([
          ['b', '1'],
          ['c', 'x\r\ny'],
        ]),
      ],
    ]),
  )
})

test('other headers, quoted names and a preamble are accepted', () => {
  const text = `preamble\r\n${body(`Content-Type: text/plain\r\n${field('a\\"b', 'ü')}`)}`
  expect(parseMultipart(Buffer.from(text).toString('latin1'), 'bnd')).toEqual(new Map([['a"b', 'ü']]))
})

test.each(['', 'a=1', '--bnd\r\n', body(field('a', '1')).slice(0, -10)])('%j is cut off', (text) => {
  expect(() => parseMultipart(text, 'bnd')).toThrow('EmptyContentError')
})

test('a part with a file name is an upload, and one without a chosen file is nothing', () => {
  const file = (name: string) => `Content-Disposition: form-data; name="a"; filename="${name}"\r\n\r\n1`
  const upload = parseMultipart(body(file('C:\\x\\b%20c.txt')), 'bnd').get('a') as Map<string, Parameter>
  expect([...upload.keys()]).toEqual(['filename', 'type', 'name', 'tempfile', 'head'])
  expect([upload.get('filename'), upload.get('name'), upload.get('type')]).toEqual(['b c.txt', 'a', null])
  expect(parseMultipart(body(file('')), 'bnd')).toEqual(new Map())
})

test('what Rack does not find within its limits is a crash, what is cut off before is not', () => {
  const kindOf = (text: string) => {
    try {
      return parseMultipart(text, 'bnd').size
    } catch (error) {
      return (error as ParameterError).kind
    }
  }
  const [short, long] = ['x'.repeat(16_384), 'x'.repeat(16_385)]
  expect([kindOf(short), kindOf(long), kindOf(`${long}\r\n${body(field('a', '1'))}`)]).toEqual([
    'multipart',
    'crash',
    1,
  ])
  const head = (size: number) => `--bnd\r\n${'x'.repeat(size)}`
  expect([kindOf(head(65_536)), kindOf(head(65_537))]).toEqual(['multipart', 'crash'])
})

test('a type that Rack cannot read is a crash, unless the body is cut off', () => {
  const parts = ['text/plain; charset', '', ';'].map((type) => body(`Content-Type: ${type}\r\n${field('a', '1')}`))
  for (const text of parts) {
    expect(() => parseMultipart(text, 'bnd')).toThrow('unreadable Content-Type')
    expect(() => parseMultipart(`${text.slice(0, -4)}\r\n`, 'bnd')).toThrow('EmptyContentError')
  }
  const fine = [';x', 'text/html; charset', 'text/plain; charset=utf-8;;', 'text/plain ;a=b']
  for (const type of fine)
    expect(parseMultipart(body(`Content-Type: ${type}\r\n${field('a', '1')}`), 'bnd').size).toBe(1)
})

test('a boundary of more than 70 characters, 4,096 parts and 128 files are too much', () => {
  expect(() => parseMultipart('', 'b'.repeat(71))).toThrow('too large')
  const parts = (count: number, more: string) =>
    body(...Array.from({ length: count }, () => `Content-Disposition: form-data; name="a"${more}\r\n\r\n1`))
  expect(parseMultipart(parts(4095, ''), 'bnd').size).toBe(1)
  expect(() => parseMultipart(parts(4096, ''), 'bnd')).toThrow('too many')
  expect(parseMultipart(parts(127, '; filename=x'), 'bnd').size).toBe(1)
  expect(() => parseMultipart(parts(128, '; filename=x'), 'bnd')).toThrow('too many')
})

test.each([
  ['multipart/form-data; boundary=bnd', 'bnd'],
  ['multipart/form-data; boundary=a; boundary=bnd', 'bnd'],
  ['multipart/form-data; charset=x; boundary="b n"', 'b n'],
  ['Multipart/Form-Data;boundary=bnd', 'bnd'],
  ['multipart/form-data', undefined],
  ['text/plain; boundary=bnd', undefined],
])('the boundary of %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary)
})
