import { expect, it } from 'vitest'
import { storageKey, strippedKey } from '../../src/domain/storage-key.ts'

it('gives all white space that Ruby knows one spelling, and leaves other blanks', () => {
  expect(storageKey('plain-id_1.2')).toBe('plain-id_1.2')
  for (const blank of ' \t\r\n\f\v') expect(storageKey(`a${blank}b${blank}`)).toBe('a+b+')
  for (const other of ['a\u00a0b', 'a\u0085b', 'a\u2028b', 'a\0b', 'a\ufeffb']) expect(storageKey(other)).toBe(other)
})

it('strips an application key as Ruby does, and changes nothing inside', () => {
  expect(strippedKey('\0\t key with  blanks \n\v\f\r\0')).toBe('key with  blanks')
  expect(strippedKey('\u00a0key\u2003')).toBe('\u00a0key\u2003')
  expect(strippedKey(' \0 ')).toBe('')
})
