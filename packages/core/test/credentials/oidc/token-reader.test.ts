/** Access tokens: where they are found, what one must satisfy, and what is remembered. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createSigningKey, type SigningKey, signJwt, signToken } from '../../../../../test/support/access-token.ts'
import { everythingOf } from '../../../../../test/support/everything-of.ts'
import { clientIdByClaim } from '../../../src/credentials/oidc/client-id.ts'
import { createTokenReader, type TokenReaderOptions } from '../../../src/credentials/oidc/token-reader.ts'
import type { TokenRules } from '../../../src/credentials/oidc/token-settings.ts'
import { type RequestParts, type TestView, viewOf } from '../../requests.ts'
import { ISSUER, keySetOf, type TestKeys, testKeys } from './test-keys.ts'

const NOW = Date.parse('2026-03-10T10:20:30Z')
const key = createSigningKey('ec-1')
const other = createSigningKey('ec-2')
const rsa = createSigningKey('rsa-1', 'RS256')
const publicKeys = await keySetOf([key.jwk, rsa.jwk])

const RULES: TokenRules = {
  issuers: undefined,
  audience: undefined,
  algorithms: undefined,
  requiredClaims: ['exp', 'sub', 'aud'],
  typ: undefined,
  clockToleranceMs: 0,
  clientId: clientIdByClaim('azp'),
}

function setUp(options: Partial<Omit<TokenReaderOptions, 'rules'>> & { rules?: Partial<TokenRules> } = {}) {
  const keys = (options.keys as TestKeys | undefined) ?? testKeys(publicKeys)
  const time = { now: NOW }
  const reader = createTokenReader<TestView>({
    in: ['authorization'],
    maxBytes: 16_384,
    asApicast: false,
    now: () => time.now,
    ...options,
    keys,
    rules: { ...RULES, ...options.rules },
  })
  const read = (token: string) => reader.read(viewOf({ headers: { authorization: `Bearer ${token}` } }))
  return { reader, keys, time, read }
}

const good = (claims: object = {}, header: object = {}, by: SigningKey = key) =>
  signToken(by, { now: NOW, issuer: ISSUER, ...claims }, header)

const refused = (fault: string) => ({ malformed: 'the access token is not accepted', code: 'token_invalid', fault })

describe('a token', () => {
  it.each([
    ['signed by ES256', good()],
    ['signed by RS256', good({}, {}, rsa)],
    ['of type at+jwt', good({}, { typ: 'at+JWT' })],
    ['of type application/at+jwt', good({}, { typ: 'application/at+jwt' })],
    ['without type', good({}, { typ: undefined })],
    ['without key id, if one key fits', good({}, { kid: undefined })],
    ['without claim typ', good({ typ: undefined })],
    ['with a list of audiences', good({ aud: ['a', 'b'] })],
    ['that holds from now on', good({ nbf: NOW / 1000 })],
    ['that never expires', good({ exp: 1e300 })],
  ])('%s is its application', async (_what, token) => {
    expect(await setUp().read(token)).toEqual({ clientId: 'app-1' })
  })

  it.each([
    ['token_expired', good({ exp: NOW / 1000 })],
    ['exp_missing', good({ exp: undefined })],
    ['exp_invalid', good({ exp: '9999999999' })],
    ['exp_invalid', good({ exp: null })],
    ['token_not_yet_valid', good({ nbf: NOW / 1000 + 1 })],
    ['nbf_invalid', good({ nbf: 'now' })],
    ['iat_invalid', good({ iat: '1' })],
    ['iat_invalid', good({ iat: 0 })],
    ['iat_invalid', good({ iat: -1 })],
    ['issuer_wrong', good({ iss: `${ISSUER}/` })],
    ['issuer_wrong', good({ iss: [ISSUER] })],
    ['issuer_wrong', good({ iss: null })],
    ['iss_missing', good({ iss: undefined })],
    ['sub_missing', good({ sub: undefined })],
    ['sub_missing', good({ sub: null })],
    ['aud_missing', good({ aud: '' })],
    ['aud_missing', good({ aud: [] })],
    ['token_type_wrong', good({ typ: 'ID' })],
    ['token_type_wrong', good({ typ: 'bearer' })],
    ['token_type_wrong', good({ typ: null })],
    ['token_type_wrong', good({}, { typ: 'dpop+jwt' })],
    ['token_type_wrong', good({}, { typ: 7 })],
    ['client_id_missing', good({ azp: undefined })],
    ['client_id_missing', good({ azp: null })],
    ['client_id_missing', good({ azp: '' })],
    ['client_id_missing', good({ azp: { id: 'app-1' } })],
    ['client_id_missing', good({ azp: [null] })],
    ['client_id_missing', good({ azp: true })],
    ['client_id_missing', good({ azp: 2 ** 53 })],
    ['client_id_invalid', good({ azp: '\ud800' })],
    ['client_id_invalid', good({ azp: 'x'.repeat(4097) })],
    ['key_unknown', good({}, { kid: 'gone' })],
    ['key_unknown', good({}, { kid: 'rsa-1' })],
    ['signature_wrong', good({}, { kid: 'ec-1' }, other)],
    ['algorithm_not_allowed', signJwt(key, { alg: 'none', kid: 'ec-1' }, {})],
    ['token_malformed', signJwt(key, 7, {})],
    ['token_malformed', signJwt(key, { alg: 'ES256', kid: 'ec-1' }, 7)],
    ['token_malformed', signJwt(key, { alg: 'ES256', kid: 'ec-1' }, 'text')],
    ['token_malformed', signJwt(key, { alg: ['ES256'], kid: 'ec-1' }, {})],
    ['token_malformed', good({}, { crit: ['exp'], exp: 1 })],
    ['token_malformed', `${good()}=`],
    ['token_malformed', `.${good()}`],
    ['token_malformed', `${good()}.`],
    ['token_malformed', `${good()}, Bearer ${good()}`],
    ['token_malformed', 'opaque'],
    ['token_malformed', 'x'.repeat(16_385)],
    ['token_malformed', ''],
  ])('law 18: with the fault %s is refused', async (fault, token) => {
    expect(await setUp().read(token)).toEqual(refused(fault))
  })

  it('has an audience of those that are asked for', async () => {
    const { read } = setUp({ rules: { audience: ['mine', 'ours'] } })
    expect(await read(good({ aud: ['theirs', 'ours'] }))).toEqual({ clientId: 'app-1' })
    expect(await read(good({ aud: 'theirs' }))).toEqual(refused('audience_wrong'))
    expect(await read(good({ aud: undefined }))).toEqual(refused('aud_missing'))
  })

  it('has an issuer of those that are asked for, whatever the discovery document says', async () => {
    const { read } = setUp({ rules: { issuers: ['one', 'two'] } })
    expect(await read(good({ iss: 'two' }))).toEqual({ clientId: 'app-1' })
    expect(await read(good())).toEqual(refused('issuer_wrong'))
  })

  it('is signed by an algorithm of the options that the provider announces, too', async () => {
    const { read } = setUp({ rules: { algorithms: ['RS256', 'PS256'] } })
    expect(await read(good({}, {}, rsa))).toEqual({ clientId: 'app-1' })
    expect(await read(good())).toEqual(refused('algorithm_not_allowed'))
    const announced = setUp({ keys: testKeys(await keySetOf([key.jwk, rsa.jwk], ['RS256', 'HS256'])) })
    expect(await announced.read(good())).toEqual(refused('algorithm_not_allowed'))
  })

  it('declares its type if that is asked for', async () => {
    const { read } = setUp({ rules: { typ: 'at+jwt' } })
    expect(await read(good({}, { typ: 'at+jwt' }))).toEqual({ clientId: 'app-1' })
    expect(await read(good())).toEqual(refused('token_type_wrong'))
    expect(await read(good({}, { typ: undefined }))).toEqual(refused('token_type_wrong'))
  })

  it('needs only the claims that are required, and exp', async () => {
    const { read } = setUp({ rules: { requiredClaims: [] } })
    expect(await read(good({ sub: undefined, aud: undefined }))).toEqual({ clientId: 'app-1' })
    expect(await read(good({ exp: undefined }))).toEqual(refused('exp_missing'))
  })

  it('may be as late or early as the tolerance says', async () => {
    const { read } = setUp({ rules: { clockToleranceMs: 5000 } })
    expect(await read(good({ exp: NOW / 1000 - 4, nbf: NOW / 1000 + 5 }))).toEqual({ clientId: 'app-1' })
    expect(await read(good({ exp: NOW / 1000 - 5 }))).toEqual(refused('token_expired'))
  })

  it('expires within its last second, too', async () => {
    const { read, time } = setUp()
    const token = good({ exp: NOW / 1000 + 1 })
    time.now += 999
    expect(await read(token)).toEqual({ clientId: 'app-1' })
    time.now += 1
    expect(await read(token)).toEqual(refused('token_expired'))
    time.now += 600
    expect(await read(good({ exp: NOW / 1000 + 1.5 }))).toEqual(refused('token_expired'))
  })
})

describe('the function for the client id', () => {
  it.each([
    ['a number', () => 7, { clientId: '7' }],
    ['nothing', () => undefined, refused('client_id_missing')],
    ['a promise', async () => 'app-1', refused('client_id_missing')],
  ])('may return %s', async (_what, clientId, expected) => {
    expect(await setUp({ rules: { clientId } }).read(good())).toEqual(expected)
  })

  it.each([null, 'text', new TypeError('x'), { code: 'ERR_JWKS_NO_MATCHING_KEY' }])(
    'law 18: may throw %s, and then the token is refused',
    async (thrown) => {
      const { read, keys } = setUp({
        rules: {
          clientId: () => {
            throw thrown
          },
        },
      })
      expect(await read(good())).toEqual(refused('client_id_invalid'))
      expect(keys.asked).toBe(0)
    },
  )
})

describe('several keys', () => {
  const again = createSigningKey('ec-1')

  it('of one id are tried one after the other', async () => {
    const { read } = setUp({ keys: testKeys(await keySetOf([again.jwk, { ...key.jwk, x: 'AA' }, key.jwk])) })
    expect(await read(good())).toEqual({ clientId: 'app-1' })
    expect(await read(good({}, {}, again))).toEqual({ clientId: 'app-1' })
    expect(await read(good({}, { kid: 'ec-1' }, other))).toEqual(refused('signature_wrong'))
    expect(await read(good({ exp: 1 }))).toEqual(refused('token_expired'))
  })

  it('of one id are tried four times at most', async () => {
    const { read } = setUp({ keys: testKeys(await keySetOf([...Array(4).fill(again.jwk), key.jwk])) })
    expect(await read(good())).toEqual(refused('signature_wrong'))
  })

  it('are not guessed for a token without key id', async () => {
    const { read } = setUp({ keys: testKeys(await keySetOf([key.jwk, other.jwk])) })
    expect(await read(good({}, { kid: undefined }))).toEqual(refused('kid_missing'))
  })

  it.each([
    ['another use', { use: 'enc' }, 'key_unknown'],
    ['another algorithm', { alg: 'ES384' }, 'key_unknown'],
    ['a private part', { d: 'AA' }, 'key_unusable'],
    ['no sense', { x: 'AA' }, 'key_unusable'],
  ])('with %s verify nothing', async (_what, members, fault) => {
    const { read } = setUp({ keys: testKeys(await keySetOf([{ ...key.jwk, ...members }])) })
    expect(await read(good())).toMatchObject({
      code: 'token_invalid',
      fault: expect.stringMatching(`${fault}|verification_failed`),
    })
  })

  it('too short to be safe verify nothing', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const short = {
      kid: 'short',
      alg: 'RS256',
      privateKey,
      jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'short' },
    }
    const { read } = setUp({ keys: testKeys(await keySetOf([short.jwk])) })
    expect(await read(good({}, {}, short))).toEqual(refused('key_unusable'))
  })
})

describe('keys that change', () => {
  it('are asked for anew when a token names an unknown one', async () => {
    const { read, keys } = setUp()
    expect(await read(good({}, {}, other))).toEqual(refused('key_unknown'))
    keys.next = await keySetOf([other.jwk])
    expect(await read(good({}, {}, other))).toEqual({ clientId: 'app-1' })
    expect(keys.asked).toBe(2)
  })

  it('end the tokens that they verified', async () => {
    const { read, keys } = setUp()
    const token = good()
    expect(await read(token)).toEqual({ clientId: 'app-1' })
    keys.current = await keySetOf([other.jwk])
    expect(await read(token)).toEqual(refused('key_unknown'))
  })

  it('that never were there are no fault of the caller', async () => {
    const { read, keys } = setUp({ keys: testKeys(undefined) })
    expect(await read(good())).toMatchObject({ code: 'issuer_unavailable' })
    expect(await read('opaque')).toEqual(refused('token_malformed'))
    keys.next = publicKeys
    expect(await read(good())).toEqual({ clientId: 'app-1' })
  })
})

describe('a known token', () => {
  it('is answered without a promise, by the same object', async () => {
    const { read } = setUp()
    const token = good()
    const first = await read(token)
    expect(read(token)).toBe(first)
    expect(read(token)).toEqual({ clientId: 'app-1' })
  })

  it('is forgotten when it expires', async () => {
    const { read, time } = setUp()
    const token = good()
    await read(token)
    time.now += 300_000
    expect(await read(token)).toEqual(refused('token_expired'))
  })

  it('does not vouch for another with its signature', async () => {
    const { read } = setUp()
    const token = good()
    await read(token)
    const [header, , signature] = token.split('.')
    const payload = Buffer.from(JSON.stringify({ azp: 'app-2', exp: 1e10 })).toString('base64url')
    expect(await read(`${header}.${payload}.${signature}`)).toEqual(refused('signature_wrong'))
  })

  it('is verified once for requests that come together', async () => {
    let verifications = 0
    const counting = {
      ...publicKeys,
      verify: (...given: Parameters<typeof publicKeys.verify>) => {
        verifications += 1
        return publicKeys.verify(...given)
      },
    }
    const { read } = setUp({ keys: testKeys(counting) })
    const token = good()
    const all = await Promise.all(Array.from({ length: 50 }, () => read(token)))
    expect(new Set(all).size).toBe(1)
    expect(verifications).toBe(1)
  })

  it('law 10: is one of 10,000 at most that are verified at once', async () => {
    const { read, keys } = setUp({ keys: { ...testKeys(undefined), newer: () => new Promise(() => {}) } })
    const token = good()
    for (let index = 0; index < 10_000; index++) void read(`${token}${index}`)
    expect(await read(token)).toEqual({ malformed: 'too many requests at once', code: 'overloaded' })
    expect(keys.current).toBeUndefined()
  })

  it('law 10: is waited for by 10,000 requests at most', async () => {
    const { read } = setUp({ keys: { ...testKeys(undefined), newer: () => new Promise(() => {}) } })
    const token = good()
    for (let request = 0; request < 10_000; request++) void read(token)
    expect(await read(token)).toMatchObject({ code: 'overloaded' })
  })

  it('law 5: is kept nowhere in clear', async () => {
    const { reader, keys } = setUp()
    const token = good()
    const view = viewOf({ headers: { authorization: `Bearer ${token}` } })
    const shown = [await reader.read(view), await reader.explain(view), reader, keys]
    for (const part of token.split('.')) expect(shown.map(everythingOf).join()).not.toContain(part)
    expect(inspect(reader, { depth: 9, showHidden: true })).not.toContain(token)
  })
})

describe('places', () => {
  const token = good()
  const all = ['query', 'headers', 'form', 'authorization'] as const

  it.each([
    ['the query', { url: `/?access_token=${token}` }],
    ['a header', { headers: { access_token: token } }],
    ['a header with dashes', { headers: { 'access-token': token } }],
    ['Authorization', { headers: { authorization: `bearer   ${token}` } }],
    [
      'a form',
      {
        method: 'POST',
        form: `access_token=${token}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      'Authorization, behind an empty parameter',
      { url: '/?access_token=', headers: { authorization: `Bearer ${token}` } },
    ],
  ])('a token is found in %s, and stripped', async (_place, parts) => {
    const { reader } = setUp({ in: all })
    const view = viewOf(parts)
    expect(await reader.read(view)).toEqual({ clientId: 'app-1' })
    reader.strip(view)
    expect(await reader.read(view)).toBeUndefined()
  })

  it.each<[string, RequestParts]>([
    ['nothing', {}],
    ['Basic', { headers: { authorization: 'Basic dXNlcjpwYXNz' } }],
    ['another scheme', { headers: { authorization: `DPoP ${token}` } }],
    ['a place that is none', { url: `/?access_token=${token}` }],
  ])('%s holds none', async (_what, parts) => {
    const { reader } = setUp()
    const view = viewOf(parts)
    expect(await reader.read(view)).toBeUndefined()
    expect(await reader.explain(view)).toBeUndefined()
    reader.strip(view)
    expect(view.headers).toEqual(parts.headers ?? {})
  })

  it.each([
    ['the first place wins', { url: '/?access_token=bad', headers: { authorization: `Bearer ${token}` } }],
    ['an empty parameter alone', { url: '/?access_token=' }],
    ['Bearer alone', { headers: { authorization: 'Bearer' } }],
    ['what cannot be decoded', { url: '/?access_token=%' }],
  ])('a token that is none is refused: %s', async (_what, parts) => {
    const { reader } = setUp({ in: all })
    expect(await reader.read(viewOf(parts))).toEqual(refused('token_malformed'))
  })

  it('law 18: a request that cannot be read is refused', async () => {
    const { reader } = setUp()
    const view = {
      ...viewOf({}),
      header() {
        throw new Error('broken')
      },
    }
    expect(await reader.read(view)).toEqual(refused('verification_failed'))
  })

  it('are explained without the token', async () => {
    const { reader } = setUp({ in: all })
    expect(await reader.explain(viewOf({ url: `/?access_token=${token}` }))).toEqual({
      kind: 'client id',
      foundIn: 'query',
      masked: '***',
      sentAs: 'app_id=***',
    })
    expect(await reader.explain(viewOf({ headers: { authorization: 'Bearer x' } }))).toEqual({
      kind: 'unreadable',
      foundIn: 'authorization',
      masked: '***',
      sentAs: '',
      code: 'token_invalid',
      fault: 'token_malformed',
    })
  })
})
