import { expect, test } from 'vitest'
import { boundaryOf, parseMultipart } from '../../src/rack/multipart.ts'

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

test.each([
  ['multipart/form-data; boundary=bnd', 'bnd'],
  ['multipart/form-data; charset=x; boundary="b n"', 'b n'],
  ['Multipart/Form-Data;boundary=bnd', 'bnd'],
  ['multipart/form-data', undefined],
  ['text/plain; boundary=bnd', undefined],
])('the boundary of %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary)
})
