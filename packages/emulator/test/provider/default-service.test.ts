import { expect, test } from 'vitest'
import { createDirectory } from '../../src/provider/directory.ts'
import { toInteger } from '../../src/ruby/to-integer.ts'

const defaultOf = (...services: [id: string, isDefault?: boolean][]) =>
  createDirectory({
    services: services.map(([id, given]) => ({ id, ...(given !== undefined && { default_service: given }) })),
  }).defaultServiceOf('provider-key')?.id

// The backend compares the new and the old default as numbers, and does nothing when they are equal.
test.each<[Parameters<typeof defaultOf>, string | undefined]>([
  [[['1001'], ['1002']], '1001'],
  [[['1001'], ['1002', true]], '1002'],
  [[['1001', false], ['1002']], '1002'],
  [[['1001', false]], undefined],
  [[['books']], undefined],
  [[['books', true]], undefined],
  [[['0'], ['00', true]], undefined],
  [[['books'], ['1002']], '1002'],
  [[['1001'], ['books', true]], 'books'],
  [[['1001'], ['books', true], ['films', true]], 'books'],
  [[['1001'], ['1001-b', true]], '1001'],
  [[['1001'], ['01001', true]], '1001'],
  [[['12books'], ['13books', true]], '13books'],
])('of services %j the default is %s', (services, expected) => {
  expect(defaultOf(...services)).toBe(expected)
})

// Expected values: Ruby 3.1, String#to_i.
test.each([
  ['', 0n],
  ['12', 12n],
  [' \t12x', 12n],
  ['-7-8', -7n],
  ['+1_000', 1000n],
  ['1__0', 1n],
  ['_1', 0n],
  ['0x10', 0n],
  ['010', 10n],
  ['1e3', 1n],
  ['99999999999999999999', 99999999999999999999n],
])('%j is the number %s', (text, expected) => {
  expect(toInteger(text)).toBe(expected)
})
