/** Where requests carry credentials, what unusual ones mean, and what is removed from the request. */
import { describe, expect, test } from 'vitest'
import { createCredentialsReader } from '../../src/credentials/credentials-reader.ts'
import type { CredentialsSettings } from '../../src/credentials/credentials-settings.ts'
import type { Credentials } from '../../src/domain/credentials.ts'
import { ConfigError } from '../../src/errors.ts'
import { type RequestParts, viewOf } from '../requests.ts'

const NAMES = { userKey: 'user_key', appId: 'app_id', appKey: 'app_key' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

function readerWith(settings: Partial<CredentialsSettings> = {}) {
  return createCredentialsReader({
    kind: 'userKey',
    in: ['query'],
    names: NAMES,
    anonymous: undefined,
    maxBytes: 4096,
    ...settings,
  })
}

function read(request: RequestParts, settings?: Partial<CredentialsSettings>) {
  return readerWith(settings).read(viewOf(request))
}

function basic(pair: string, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(pair, encoding).toString('base64')}`
}

const malformed = { malformed: expect.any(String) }

describe('in the query', () => {
  test.each([
    ['/?user_key=abc', 'abc'],
    ['/?x=1&user_key=abc&y=2', 'abc'],
    ['/a?b?user_key=1&user_key=2', '2'],
    ['http://api.test/x?user_key=abc', 'abc'],
    ['http://api.test?user_key=abc', 'abc'],
    ['/?user_key=', ''],
    ['/?user_key=a%20b+c', 'a b c'],
    ['/?user_key=%C3%A9', 'é'],
    ['/?user_key=\u00c3\u00a9', 'é'],
    ['/?user_key=a=b==', 'a=b=='],
    ['/?user_key=a%00%26b', 'a\u0000&b'],
    ['/?user%5Fkey=abc', 'abc'],
  ])('%s holds %j', (url, userKey) => {
    expect(read({ url })).toEqual({ userKey })
  })

  test.each([
    ['/'],
    ['/?'],
    ['/?user_key'],
    ['/?USER_KEY=abc'],
    ['/?xuser_key=abc'],
    ['/?user_keyx=abc'],
    ['/user_key=abc'],
    ['/&user_key=abc?x=1'],
    ['/?x=user_key=abc'],
    ['/#?user_key=abc'],
    ['/?x=1#&user_key=abc'],
  ])('%s holds none', (url) => {
    expect(read({ url })).toBeUndefined()
  })

  test('the first of duplicates counts; one without = counts as missing', () => {
    expect(read({ url: '/?user_key=a&user_key=b' })).toEqual({ userKey: 'a' })
    expect(read({ url: '/?user_key&user_key=b' })).toEqual({ userKey: 'b' })
    expect(read({ url: '/?user_key=&user_key=b' })).toEqual({ userKey: '' })
  })

  test.each([['%'], ['%zz'], ['%C3'], ['a%2'], ['%ED%A0%80'], ['\u00ff'], ['%C3\u0028']])('%j is unreadable', (key) => {
    expect(read({ url: `/?user_key=${key}` })).toEqual(malformed)
  })

  test('a name may contain characters that clients escape', () => {
    const names = { ...NAMES, userKey: 'api[key]' }
    expect(read({ url: '/?api[key]=a' }, { names })).toEqual({ userKey: 'a' })
    expect(read({ url: '/?api%5Bkey%5D=a' }, { names })).toEqual({ userKey: 'a' })
  })

  test('as with APIcast, the case of names does not matter, and escaped names do not match', () => {
    const settings = { asApicast: true, names: { ...NAMES, userKey: 'apikey' } }
    expect(read({ url: '/?ApiKey=a&apikey=b' }, settings)).toEqual({ userKey: 'a' })
    expect(read({ url: '/?api%6Bey=a' }, settings)).toBeUndefined()
  })
})

describe('in headers', () => {
  const settings = { in: ['headers'] } as const
  test.each([
    [{ user_key: 'a' }, { userKey: 'a' }],
    [{ 'User-Key': 'a' }, { userKey: 'a' }],
    [{ user_key: 'a', 'user-key': 'b' }, { userKey: 'a' }],
    [{ user_key: '' }, { userKey: '' }],
    [{ user_key: 'a, b' }, { userKey: 'a, b' }],
    [{ user_key: 'a%20b+c' }, { userKey: 'a%20b+c' }],
    [{ user_key: '\u00c3\u00a9' }, { userKey: 'é' }],
    [{ user_key: '\u00e9' }, malformed],
    [{ 'x-user-key': 'a' }, undefined],
  ])('%j', (headers, found) => {
    expect(read({ headers: headers as Record<string, string> }, settings)).toEqual(found)
  })

  test('a name of the options may have dashes or underscores', () => {
    const names = { ...NAMES, userKey: 'X-Api-Key' }
    expect(read({ headers: { x_api_key: 'a' } }, { ...settings, names })).toEqual({ userKey: 'a' })
    expect(read({ headers: { 'x-api-key': 'a' } }, { ...settings, names })).toEqual({ userKey: 'a' })
  })
})

describe('in Authorization', () => {
  const settings = { in: ['authorization'] } as const
  test.each<[string, unknown, unknown]>([
    [basic('abc:'), { userKey: 'abc' }, { appId: 'abc', appKey: '' }],
    [basic('abc:key'), { userKey: 'abc' }, { appId: 'abc', appKey: 'key' }],
    [basic('a:b:c'), { userKey: 'a' }, { appId: 'a', appKey: 'b:c' }],
    [basic(':key'), { userKey: '' }, { appId: '', appKey: 'key' }],
    [basic('é:ü'), { userKey: 'é' }, { appId: 'é', appKey: 'ü' }],
    [basic('abc:key').replace('Basic', 'bAsIc'), { userKey: 'abc' }, { appId: 'abc', appKey: 'key' }],
    [basic('abc:key').replace(/=*$/, ''), { userKey: 'abc' }, { appId: 'abc', appKey: 'key' }],
    [basic('é:ü', 'latin1'), malformed, malformed],
    [basic('abc'), malformed, malformed],
    ['Basic !123!', malformed, malformed],
    ['Bearer tok-en._~+/==', { userKey: 'tok-en._~+/==' }, { appId: 'tok-en._~+/==' }],
    ['bearer  tok', { userKey: 'tok' }, { appId: 'tok' }],
    ['Bearer a b', malformed, malformed],
    ['Bearer', undefined, undefined],
    ['Basic', undefined, undefined],
    ['Basic ', undefined, undefined],
    ['Digest username="x"', undefined, undefined],
    ['abc', undefined, undefined],
    ['', undefined, undefined],
  ])('%j', (authorization, userKey, appId) => {
    const headers = { authorization }
    expect(read({ headers }, settings)).toEqual(userKey)
    expect(read({ headers }, { ...settings, kind: 'appId' })).toEqual(appId)
  })

  test('as with APIcast, an unreadable field counts as missing, and a token is an id without its key', () => {
    const apicast = { ...settings, asApicast: true }
    expect(read({ headers: { authorization: basic('abc') } }, apicast)).toBeUndefined()
    expect(read({ headers: { authorization: 'Basic !1!' } }, apicast)).toBeUndefined()
    expect(read({ headers: { authorization: 'Bearer tok' } }, { ...apicast, kind: 'appId' })).toBeUndefined()
    expect(read({ headers: { authorization: basic('é:', 'latin1') } }, apicast)).toEqual(malformed)
  })

  test('the challenge names the schemes that are read', () => {
    const both = 'Basic realm="3scale", charset="UTF-8", Bearer realm="3scale"'
    expect(readerWith(settings).challenge).toBe(both)
    expect(readerWith({ ...settings, kind: 'appId' }).challenge).toBe(both)
    expect(readerWith({ ...settings, kind: 'appId', asApicast: true }).challenge).toBe(
      'Basic realm="3scale", charset="UTF-8"',
    )
    expect(readerWith({ in: ['query', 'headers', 'form'] }).challenge).toBeUndefined()
    expect(createCredentialsReader(() => undefined).challenge).toBeUndefined()
  })
})

describe('in a form', () => {
  const settings = { in: ['form'] } as const
  test('fields of a parsed form count for methods that carry forms', () => {
    const form = 'user_key=a%20b&user_key=c'
    expect(read({ method: 'POST', headers: FORM, form }, settings)).toEqual({ userKey: 'a b' })
    expect(read({ method: 'PATCH', headers: FORM, form: 'x=1' }, settings)).toBeUndefined()
    expect(read({ method: 'GET', headers: FORM, form }, settings)).toBeUndefined()
    expect(read({ method: 'POST', headers: { 'content-type': 'application/json' }, form }, settings)).toBeUndefined()
    expect(read({ method: 'POST', headers: FORM }, settings)).toBeUndefined()
  })
})

describe('an application id and its key', () => {
  const settings = { kind: 'appId' } as const
  test('an id may come alone, a key may not', () => {
    expect(read({ url: '/?app_id=i&app_key=k' }, settings)).toEqual({ appId: 'i', appKey: 'k' })
    expect(read({ url: '/?app_id=i' }, settings)).toEqual({ appId: 'i' })
    expect(read({ url: '/?app_key=k' }, settings)).toBeUndefined()
  })

  test('as with APIcast, both are needed', () => {
    expect(read({ url: '/?app_id=i' }, { ...settings, asApicast: true })).toBeUndefined()
    expect(read({ url: '/?app_id=&app_key=' }, { ...settings, asApicast: true })).toEqual({ appId: '', appKey: '' })
  })

  test('are never combined from two locations', () => {
    const places = { ...settings, in: ['query', 'headers'] } as const
    expect(read({ url: '/?app_id=i', headers: { app_key: 'k' } }, places)).toEqual({ appId: 'i' })
    expect(read({ url: '/?app_key=k', headers: { app_id: 'i', app_key: 'k' } }, places)).toBeUndefined()
    expect(read({ url: '/', headers: { app_id: 'i', app_key: 'k' } }, places)).toEqual({ appId: 'i', appKey: 'k' })
  })
})

describe('several locations', () => {
  const settings = { in: ['headers', 'query', 'authorization', 'form'] } as const
  test('the first that holds a credential wins, readable or not', () => {
    const request = { url: '/?user_key=q', headers: { user_key: 'h', authorization: 'Bearer a' } }
    expect(read(request, settings)).toEqual({ userKey: 'h' })
    expect(read({ ...request, headers: { authorization: 'Bearer a' } }, settings)).toEqual({ userKey: 'q' })
    expect(read({ url: '/?user_key=%', headers: { authorization: 'Bearer a' } }, settings)).toEqual(malformed)
    expect(read({ method: 'POST', headers: FORM, form: 'user_key=f' }, settings)).toEqual({ userKey: 'f' })
  })
})

describe('anonymous credentials', () => {
  const anonymous: Credentials = { userKey: 'anyone' }
  test('are used if there are none', () => {
    expect(read({ url: '/' }, { anonymous })).toEqual(anonymous)
    expect(read({ url: '/?user_key=a' }, { anonymous })).toEqual({ userKey: 'a' })
  })

  test('are not used for half of a pair, an empty key or an unreadable one', () => {
    expect(read({ url: '/?app_key=k' }, { kind: 'appId', anonymous })).toBeUndefined()
    expect(read({ url: '/?user_key=' }, { anonymous })).toEqual({ userKey: '' })
    expect(read({ url: '/?user_key=%' }, { anonymous })).toEqual(malformed)
  })
})

describe('length', () => {
  test('is limited in bytes of UTF-8, for id and key', () => {
    expect(read({ url: `/?user_key=${'a'.repeat(8)}` }, { maxBytes: 8 })).toEqual({ userKey: 'a'.repeat(8) })
    expect(read({ url: `/?user_key=${'a'.repeat(9)}` }, { maxBytes: 8 })).toEqual(malformed)
    expect(read({ url: `/?user_key=${'%C3%A9'.repeat(4)}` }, { maxBytes: 8 })).toEqual({ userKey: 'éééé' })
    expect(read({ url: `/?user_key=${'%C3%A9'.repeat(4)}a` }, { maxBytes: 8 })).toEqual(malformed)
    expect(read({ url: `/?app_id=a&app_key=${'a'.repeat(9)}` }, { kind: 'appId', maxBytes: 8 })).toEqual(malformed)
  })
})

describe('a custom function', () => {
  test('gives credentials of any kind, now or later, or none', async () => {
    for (const credentials of [{ userKey: 'a' }, { appId: 'i', appKey: 'k' }, { clientId: 'c' }]) {
      expect(createCredentialsReader(() => credentials).read(viewOf({}))).toBe(credentials)
      expect(await createCredentialsReader(async () => credentials).read(viewOf({}))).toBe(credentials)
    }
    expect(createCredentialsReader(() => undefined).read(viewOf({}))).toBeUndefined()
    expect(createCredentialsReader((() => null) as never).read(viewOf({}))).toBeUndefined()
  })

  test('may throw or reject; the error is passed on', async () => {
    const error = new Error('mine')
    const fail = () => {
      throw error
    }
    expect(() => createCredentialsReader(fail).read(viewOf({}))).toThrow(error)
    await expect(createCredentialsReader(async () => fail()).read(viewOf({}))).rejects.toBe(error)
  })

  test.each([[{}], ['key'], [7], [{ user_key: 'a' }]])(
    'is at fault if it returns %j, not the caller',
    async (value) => {
      expect(() => createCredentialsReader((() => value) as never).read(viewOf({}))).toThrow(ConfigError)
      await expect(createCredentialsReader((async () => value) as never).read(viewOf({}))).rejects.toThrow(ConfigError)
    },
  )

  test('values that no 3scale application can have are the caller’s fault', () => {
    expect(createCredentialsReader(() => ({ userKey: '\ud800' })).read(viewOf({}))).toEqual(malformed)
    expect(createCredentialsReader(() => ({ userKey: 'a'.repeat(4097) })).read(viewOf({}))).toEqual(malformed)
  })

  test.each([[{ userKey: ['a', 'b'] }], [{ userKey: { a: 'b' } }], [{ userKey: 1 }], [{ appId: 'a', appKey: ['k'] }]])(
    '%j, as frameworks parse what a caller repeats or nests, is the caller’s fault',
    (value) => {
      expect(createCredentialsReader((() => value) as never).read(viewOf({}))).toEqual(malformed)
    },
  )

  test('several ids, which a caller may send, are the caller’s fault', () => {
    expect(createCredentialsReader((() => ({ userKey: 'a', appId: 'b' })) as never).read(viewOf({}))).toEqual(malformed)
  })

  test('a key that is null is none', () => {
    expect(createCredentialsReader((() => ({ appId: 'a', appKey: null })) as never).read(viewOf({}))).toEqual({
      appId: 'a',
    })
  })

  test.each<[object, object]>([
    [{ userKey: 'a', user_key: 'b', page: '2' }, { userKey: 'a' }],
    [{ userKey: 'a', appId: null, appKey: 'k' }, { userKey: 'a' }],
    [
      { userKey: null, appId: 'i', appKey: 'k', plan: 'p' },
      { appId: 'i', appKey: 'k' },
    ],
  ])('of %j, which a caller may have added to, only %j is used', (found, used) => {
    expect(createCredentialsReader((() => found) as never).read(viewOf({}))).toEqual(used)
  })

  test('an id that the request lacks is no credentials', () => {
    expect(createCredentialsReader((() => ({ userKey: null })) as never).read(viewOf({}))).toBeUndefined()
    expect(
      createCredentialsReader((() => ({ appId: undefined, appKey: 'k' })) as never).read(viewOf({})),
    ).toBeUndefined()
  })
})

describe('stripping', () => {
  function stripped(request: RequestParts, settings?: Partial<CredentialsSettings>) {
    const view = viewOf(request)
    readerWith(settings).strip(view)
    return view
  }

  test.each([
    ['/a?user_key=k', '/a'],
    ['/a?x=1&user_key=k&y=%20', '/a?x=1&y=%20'],
    ['/a?user_key=k&user_key=l&user%5Fkey=m&user_key', '/a'],
    ['http://api.test/a?user_key=k&&x', 'http://api.test/a?&x'],
    ['/a?user_key=k#user_key=k', '/a'],
    ['/a?x=1#?user_key=k', '/a?x=1'],
    ['/a#?user_key=k', '/a'],
    ['/a?x=1', '/a?x=1'],
    ['/a', '/a'],
  ])('removes the credentials from the query of %s', (url, left) => {
    expect(stripped({ url }).url).toBe(left)
  })

  test('removes both id and key, and every spelling of a header', () => {
    expect(stripped({ url: '/?app_id=i&x=1&app_key=k' }, { kind: 'appId' }).url).toBe('/?x=1')
    const headers = { app_id: 'i', 'app-key': 'k', app_key: 'l', other: 'o' }
    expect(stripped({ headers }, { kind: 'appId', in: ['headers'] }).headers).toEqual({ other: 'o' })
    expect(stripped({ url: '/?USER_KEY=k&x=1' }, { asApicast: true }).url).toBe('/?x=1')
  })

  test('removes Authorization and form fields', () => {
    const headers = { authorization: 'Bearer a', ...FORM }
    expect(stripped({ headers }, { in: ['authorization'] }).headers).toEqual(FORM)
    const view = stripped({ method: 'POST', headers: FORM, form: 'user_key=k&x=1' }, { in: ['form'] })
    expect(view.formField?.('user_key')).toBeUndefined()
    expect(view.formField?.('x')).toBe('1')
  })

  test('empties every location of the options, and no other', () => {
    const request = {
      method: 'POST',
      url: '/?user_key=k',
      headers: { ...FORM, 'user-key': 'k', authorization: 'Bearer k' },
      form: 'user_key=k&x=1',
    }
    const view = stripped(request, { in: ['query', 'headers', 'authorization', 'form'] })
    expect([view.url, view.headers, view.formField?.('user_key')]).toEqual(['/', FORM, undefined])
    const partly = stripped(request, { in: ['headers', 'authorization'] })
    expect([partly.url, partly.headers, partly.formField?.('user_key')]).toEqual(['/?user_key=k', FORM, 'k'])
  })

  test('a field of a body that is no form stays', () => {
    const view = stripped({ method: 'POST', form: 'user_key=k' }, { in: ['form'] })
    expect(view.formField?.('user_key')).toBe('k')
  })

  test('does nothing if nothing was found, the view cannot do it, or a function reads', () => {
    expect(
      stripped({ url: '/?x=1', headers: { authorization: 'Digest x' } }, { in: ['authorization'] }).headers,
    ).toEqual({
      authorization: 'Digest x',
    })
    const bare = { method: 'GET', url: '/?user_key=a', header: () => undefined }
    readerWith().strip(bare)
    createCredentialsReader(() => ({ userKey: 'a' })).strip(bare)
    expect(bare.url).toBe('/?user_key=a')
  })
})

describe('law 5: the explanation tells where, never what', () => {
  test.each<[RequestParts, Partial<CredentialsSettings>, unknown]>([
    [{ url: '/?user_key=s3cr3t' }, {}, { kind: 'user key', foundIn: 'query', masked: '***', sentAs: 'user_key=***' }],
    [
      { headers: { app_id: 's3cr3t', app_key: 's3cr3t' } },
      { kind: 'appId', in: ['query', 'headers'] },
      {
        kind: 'application id',
        foundIn: 'headers',
        masked: '*** with key ***',
        sentAs: 'app_id=*** app_key=***',
      },
    ],
    [{ url: '/?user_key=s3cr3t%' }, {}, { kind: 'unreadable', foundIn: 'query', masked: '***', sentAs: '' }],
    [
      {},
      { anonymous: { userKey: 's3cr3t' } },
      { kind: 'user key', foundIn: 'anonymous', masked: '***', sentAs: 'user_key=***' },
    ],
    [{}, {}, undefined],
    [{ url: '/?app_key=s3cr3t' }, { kind: 'appId' }, undefined],
  ])('%j', (request, settings, expected) => {
    expect(readerWith(settings).explain(viewOf(request))).toEqual(expected)
  })

  test('also for a custom function', async () => {
    const expected = { kind: 'client id', foundIn: 'own function', masked: '***', sentAs: 'app_id=***' }
    expect(createCredentialsReader(() => ({ clientId: 's3cr3t' })).explain(viewOf({}))).toEqual(expected)
    expect(await createCredentialsReader(async () => ({ clientId: 's3cr3t' })).explain(viewOf({}))).toEqual(expected)
    expect(await createCredentialsReader(async () => undefined).explain(viewOf({}))).toBeUndefined()
  })
})
