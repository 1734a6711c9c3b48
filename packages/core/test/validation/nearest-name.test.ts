import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nearest } from '../../src/validation/nearest-name.ts'

const KNOWN = ['serviceId', 'serviceToken', 'timeoutMs', 'cache.ttlMs']

it.each([
  ['serviceID', 'serviceId'],
  ['SERVICE_TOKEN', 'serviceToken'],
  ['serviecId', 'serviceId'],
  ['servceToken', 'serviceToken'],
  ['timeout', 'timeoutMs'],
  ['ttl', 'cache.ttlMs'],
])('%s is probably %s', (name, meant) => {
  expect(nearest(name, KNOWN)).toBe(meant)
})

it('two neighbours that are swapped are one mistake, in a short name too', () => {
  expect(nearest('tlt', ['ttl'])).toBe('ttl')
  expect(nearest('ulr', ['url'])).toBe('url')
  // Two swaps are two mistakes, more than so short a name may have.
  expect(nearest('badc', ['abcd'])).toBeUndefined()
})

/** The fewest letters to insert, drop, replace or swap with their neighbour, by trying everything. */
function mistakes(left: string, right: string): number {
  if (left === '' || right === '') return left.length + right.length
  const rest = (dropped: number, added: number) => mistakes(left.slice(dropped), right.slice(added))
  const tries = [rest(1, 0) + 1, rest(0, 1) + 1, rest(1, 1) + (left[0] === right[0] ? 0 : 1)]
  if (left.length > 1 && left[0] === right[1] && left[1] === right[0]) tries.push(rest(2, 2) + 1)
  return Math.min(...tries)
}

it('a name is near when a third of its letters are mistaken at most, or one, or when the known name holds it', () => {
  const names = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(names, names, (name, known) => {
      const held = name.length >= 3 && (known.startsWith(name) || known.endsWith(name))
      const near = held || mistakes(name, known) <= Math.max(1, Math.floor(name.length / 3))
      expect(nearest(name, [known])).toBe(near ? known : undefined)
    }),
    { numRuns: 300 },
  )
})

it('suggests nothing if nothing is near', () => {
  for (const name of ['zebra', '', '__proto__', 'x', 'ms', 'y'.repeat(100_000)])
    expect(nearest(name, KNOWN)).toBeUndefined()
})
