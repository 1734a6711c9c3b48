/** The memory of verified tokens: what ends an entry, and what it may take. */
import { expect, it } from 'vitest'
import type { KeySet } from '../../../src/credentials/oidc/issuer-keys.ts'
import { VerifiedTokens } from '../../../src/credentials/oidc/verified-tokens.ts'

const keySet = (): KeySet => ({ issuer: 'i', algorithms: [], verify: () => Promise.reject(new Error('unused')) })
const keys = keySet()
const tokenOf = (clientId: string, expiresAt = 1000) => ({ credentials: { clientId }, expiresAt, keys })

it('finds a token until it expires', () => {
  const verified = new VerifiedTokens(10_000)
  const token = tokenOf('a')
  verified.remember('digest', token, keys)
  expect(verified.find('digest', keys, 999)).toBe(token)
  expect(verified.find('digest', keys, 1000)).toBeUndefined()
  expect(verified.find('other', keys, 0)).toBeUndefined()
})

it('law 18: forgets every token when the keys change', () => {
  const verified = new VerifiedTokens(10_000)
  verified.remember('digest', tokenOf('a'), keys)
  expect(verified.find('digest', keySet(), 0)).toBeUndefined()
  expect(verified.find('digest', keys, 0)).toBeUndefined()
  expect(verified.bytes).toBe(0)
})

it('does not remember a token whose keys were replaced while it was verified', () => {
  const verified = new VerifiedTokens(10_000)
  const newer = keySet()
  verified.remember('digest', tokenOf('a'), newer)
  expect(verified.find('digest', newer, 0)).toBeUndefined()
})

it('law 10: takes no more than its bytes, and keeps what is in use', () => {
  const verified = new VerifiedTokens(20_000)
  verified.remember('used', tokenOf('used'), keys)
  let most = 0
  for (let index = 0; index < 1000; index++) {
    verified.remember(`digest ${index}`, tokenOf('x'.repeat(index % 500)), keys)
    expect(verified.find('used', keys, 0)?.credentials.clientId).toBe('used')
    most = Math.max(most, verified.bytes)
  }
  expect(most).toBeGreaterThan(10_000)
  expect(most).toBeLessThanOrEqual(20_000)
  expect(verified.find('digest 999', keys, 0)).toBeDefined()
  expect(verified.find('digest 0', keys, 0)).toBeUndefined()
})
