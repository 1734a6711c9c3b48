import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonError, lineOf, placeOf, placesOf } from '../../src/dashboard/page/json-places.js'

const textAt = (text: string, path: string) => text.slice(...placeOf(placesOf(text), path))

test('a value is found by its path, and what is missing at the value around it', () => {
  const text = '{ "a": [ {"b": "x"}, -1.5e3 ],\n "c": null }'
  expect(textAt(text, 'a[0].b')).toBe('"x"')
  expect(textAt(text, 'a[1]')).toBe('-1.5e3')
  expect(textAt(text, 'a[0].missing')).toBe('{"b": "x"}')
  expect(textAt(text, 'missing')).toBe(text)
  expect(lineOf(text, text.indexOf('null'))).toBe(2)
})

test.each([
  ['{"a": }', 6],
  ['{"a": 1,}', 8],
  ['[1 2]', 3],
  ['', 0],
  ['[1]]', 3],
  ['{"a\n": 1}', 1],
])('%j is no JSON, and stops to be at its place', (text, position) => {
  expect(() => placesOf(text)).toThrow(expect.objectContaining({ position }))
})

test('every JSON text is read as JSON.parse reads it, and nothing else is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.string({ maxLength: 1 }), (value, at, sign) => {
      const text = JSON.stringify(value, null, 1)
      expect(placesOf(text).get('')).toEqual([0, text.length])
      const changed = text.slice(0, at % (text.length + 1)) + sign + text.slice(at % (text.length + 1))
      expect(accepts(placesOf, changed)).toBe(accepts(JSON.parse, changed))
    }),
  )
})

function accepts(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text)
    return true
  } catch (error) {
    expect(error).toSatisfy((each) => each instanceof SyntaxError || each instanceof JsonError)
    return false
  }
}
