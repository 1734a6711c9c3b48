import { describe, expect, it } from 'vitest'
import { createCallerNames } from '../../src/observe/caller-names.ts'
import { maskSecrets } from '../../src/primitives/mask-secrets.ts'

describe('caller names', () => {
  it('are the kind and 8 hex digits, the same for the same caller', () => {
    const name = createCallerNames()
    expect(name({ userKey: 'a' })).toMatch(/^userKey:[0-9a-f]{8}$/)
    expect(name({ appId: 'a', appKey: 'k' })).toMatch(/^appId:[0-9a-f]{8}$/)
    expect(name({ clientId: 'a' })).toMatch(/^clientId:[0-9a-f]{8}$/)
    expect(name({ userKey: 'a' })).toBe(name({ userKey: 'a' }))
    expect(name({ userKey: 'a' })).not.toBe(name({ userKey: 'b' }))
  })

  it('law 5: cannot be found by trying keys, because each start has its own salt', () => {
    expect(createCallerNames()({ userKey: 'a' })).not.toBe(createCallerNames()({ userKey: 'a' }))
    expect(createCallerNames(new Uint8Array(32))({ userKey: 'a' })).toBe('userKey:9615a95d')
  })
})

describe('maskSecrets', () => {
  it('replaces every occurrence, plain and percent-encoded', () => {
    expect(maskSecrets('key "a b&c" /x?k=a%20b%26c&l=a+b%26c a b&c', ['a b&c'])).toBe('key "***" /x?k=***&l=*** ***')
  })

  it('finds header bytes that were read as UTF-8', () => {
    expect(maskSecrets('user key "é" is invalid', ['\u00c3\u00a9'])).toBe('user key "***" is invalid')
  })

  it('leaves nothing of a secret that contains another one', () => {
    expect(maskSecrets('abc abcdef', ['abc', 'abcdef'])).toBe('*** ***')
  })

  it('ignores absent and empty secrets, and takes unusual ones literally', () => {
    expect(maskSecrets('text $& .*', [undefined, ''])).toBe('text $& .*')
    expect(maskSecrets('text $& .* \ud800', ['.*', '$&', '\ud800'])).toBe('text *** *** ***')
  })
})
