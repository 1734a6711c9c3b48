/** When the keys of an issuer are fetched, how often, and which ones are in use meanwhile. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { createSigningKey } from '../../../../../test/support/access-token.ts'
import { ManualClock, settled } from '../../../../../test/support/manual-clock.ts'
import { type FetchedDocument, FetchFailed, type FetchJson } from '../../../src/configuration/fetch-json.ts'
import { KeyStore } from '../../../src/configuration/oidc/key-store.ts'
import type { KeysMessage } from '../../../src/observe/messages.ts'

const ENDPOINT = 'https://sso.example.com/realms/acme'
const DISCOVERY = `${ENDPOINT}/.well-known/openid-configuration`
const one = createSigningKey('one')
const two = createSigningKey('two')

function setUp({ allowHttp = false, random = () => 1 }: { allowHttp?: boolean; random?: () => number } = {}) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const messages: KeysMessage[] = []
  const fetched: string[] = []
  const provider = {
    discovery: { issuer: ENDPOINT, jwks_uri: `${ENDPOINT}/certs` } as Record<string, unknown>,
    keys: [one.jwk] as unknown,
    maxAgeMs: undefined as number | undefined,
    /** What the next fetches meet: a failure, or an answer that does not come before `answer` is called. */
    failure: undefined as string | undefined,
    waits: undefined as Promise<void> | undefined,
  }
  const fetchJson: FetchJson = async (url): Promise<FetchedDocument> => {
    fetched.push(url)
    await provider.waits
    if (provider.failure !== undefined) throw new FetchFailed(provider.failure)
    const document = url === DISCOVERY ? provider.discovery : { keys: provider.keys }
    return { url, document, etag: undefined, maxAgeMs: url === DISCOVERY ? undefined : provider.maxAgeMs }
  }
  const store = new KeyStore({
    endpoint: ENDPOINT,
    allowHttp,
    fetchJson,
    clock,
    onFetched: (message) => void messages.push(message),
    random,
  })
  /** How often the discovery document was fetched. */
  const fetches = () => fetched.filter((url) => url === DISCOVERY).length
  const hold = () => {
    let answer = () => {}
    provider.waits = new Promise((resolve) => {
      answer = resolve
    })
    return answer
  }
  return { store, clock, provider, messages, fetched, fetches, hold }
}

describe('the first keys', () => {
  it('law 11: are fetched when they are wanted, and not before', async () => {
    const { store, clock, fetched } = setUp()
    await clock.advance(600_000)
    expect(fetched).toEqual([])
    expect(clock.timers).toBe(0)
    const keys = await store.newer(undefined)
    expect(keys?.issuer).toBe(ENDPOINT)
    expect(store.current).toBe(keys)
    expect(fetched).toEqual([DISCOVERY, `${ENDPOINT}/certs`])
  })

  it('are fetched once for all requests that wait', async () => {
    const { store, fetches } = setUp()
    const found = await Promise.all(Array.from({ length: 100 }, () => store.newer(undefined)))
    expect(new Set(found)).toEqual(new Set([store.current]))
    expect(fetches()).toBe(1)
  })

  it('are waited for at most a second; requests after that do not wait', async () => {
    const { store, clock, fetches, hold } = setUp()
    const answer = hold()
    const waiting = store.newer(undefined)
    await clock.advance(1000)
    expect(await waiting).toBeUndefined()
    expect(await store.newer(undefined)).toBeUndefined()
    answer()
    await settled()
    expect(await store.newer(undefined)).toBeDefined()
    expect(fetches()).toBe(1)
  })

  it('are tried for in the background while the provider is down, never by requests', async () => {
    const { store, clock, provider, fetches, messages } = setUp()
    provider.failure = 'status_503'
    for (let request = 0; request < 10; request++) expect(await store.newer(undefined)).toBeUndefined()
    expect(fetches()).toBe(1)
    expect(store.trouble).toBe('status_503')
    await clock.advance(1000 + 2000 + 4000 + 8000 + 16_000)
    expect(fetches()).toBe(6)
    await clock.advance(5 * 30_000)
    expect(fetches()).toBe(11)
    provider.failure = undefined
    await clock.advance(30_000)
    expect(store.current).toBeDefined()
    expect(store.trouble).toBeUndefined()
    expect(messages[0]).toEqual({
      event: 'failed',
      endpoint: ENDPOINT,
      issuer: undefined,
      keys: undefined,
      code: 'status_503',
    })
    expect(messages.at(-1)).toEqual({
      event: 'changed',
      endpoint: ENDPOINT,
      issuer: ENDPOINT,
      keys: 1,
      code: undefined,
    })
  })
})

describe('the refresh', () => {
  it('comes within half and the whole of five minutes, by chance', async () => {
    for (const [random, ms] of [
      [0, 150_000],
      [1, 300_000],
    ] as const) {
      const { store, clock, fetches } = setUp({ random: () => random })
      await store.newer(undefined)
      await clock.advance(ms - 1)
      expect(fetches()).toBe(1)
      await clock.advance(1)
      expect(fetches()).toBe(2)
    }
  })

  it('comes as soon as the provider says, but for a minute at least, both by chance', async () => {
    for (const [maxAgeMs, random, ms] of [
      [120_000, 1, 120_000],
      [120_000, 0, 60_000],
      [1000, 1, 60_000],
      [1000, 0, 30_000],
      [3_600_000, 1, 300_000],
    ] as const) {
      const { store, clock, fetches, provider } = setUp({ random: () => random })
      provider.maxAgeMs = maxAgeMs
      await store.newer(undefined)
      await clock.advance(ms - 1)
      expect(fetches()).toBe(1)
      await clock.advance(1)
      expect(fetches()).toBe(2)
    }
  })

  it('keeps the same object as long as the keys are the same', async () => {
    const { store, clock, provider, messages } = setUp()
    const keys = await store.newer(undefined)
    await clock.advance(300_000)
    expect(store.current).toBe(keys)
    provider.keys = [one.jwk, two.jwk]
    await clock.advance(300_000)
    expect(store.current).not.toBe(keys)
    expect(messages.map(({ event }) => event)).toEqual(['changed', 'unchanged', 'changed'])
  })

  it('keeps the last good keys without end, and tells it', async () => {
    const { store, clock, provider, messages, fetches } = setUp()
    const keys = await store.newer(undefined)
    provider.failure = 'ERR_THREESCALE_TRANSPORT'
    await clock.advance(24 * 3_600_000)
    expect(store.current).toBe(keys)
    expect(store.trouble).toBe('ERR_THREESCALE_TRANSPORT')
    expect(messages.at(-1)).toMatchObject({ event: 'failed', issuer: ENDPOINT })
    expect(fetches()).toBeLessThan(3000)
    provider.failure = undefined
    await clock.advance(30_000)
    expect(store.current).toBe(keys)
    expect(messages.at(-1)).toMatchObject({ event: 'recovered' })
  })

  it('ends with the store', async () => {
    const { store, clock, fetches, hold } = setUp()
    await store.newer(undefined)
    const answer = hold()
    await clock.advance(300_000)
    store.close()
    answer()
    await clock.advance(3_600_000)
    expect(fetches()).toBe(2)
    expect(clock.timers).toBe(0)
    expect(await store.newer(store.current)).toBe(store.current)
    expect(fetches()).toBe(2)
  })
})

describe('an unknown key', () => {
  it('causes one fetch for all requests, and the next one only after 30 s', async () => {
    const { store, clock, provider, fetches } = setUp()
    const keys = await store.newer(undefined)
    provider.keys = [two.jwk]
    const found = await Promise.all(Array.from({ length: 100 }, () => store.newer(keys)))
    expect(new Set(found).size).toBe(1)
    expect(found[0]).not.toBe(keys)
    expect(fetches()).toBe(2)
    await clock.advance(29_999)
    expect(await store.newer(store.current)).toBe(store.current)
    expect(fetches()).toBe(2)
    await clock.advance(1)
    await store.newer(store.current)
    expect(fetches()).toBe(3)
  })

  it('law 10: causes no more fetches while they fail', async () => {
    const { store, clock, provider, fetches } = setUp()
    const keys = await store.newer(undefined)
    provider.failure = 'status_500'
    // Attacked each 10 ms for a minute; the retries after the failures come on top.
    const before = fetches()
    let waited = 0
    for (let ms = 0; ms < 60_000; ms += 100) {
      const asked = store.newer(keys)
      await clock.advance(100)
      if ((await asked) !== keys) waited += 1
    }
    expect(waited).toBe(0)
    expect(fetches() - before).toBeLessThanOrEqual(2 + 7)
  })

  it('is answered by what was fetched meanwhile', async () => {
    const { store, clock, provider, fetches } = setUp()
    const keys = await store.newer(undefined)
    provider.keys = [two.jwk]
    await clock.advance(300_000)
    expect(await store.newer(keys)).toBe(store.current)
    expect(fetches()).toBe(2)
  })

  it('waits for a fetch under way, at most a second', async () => {
    const { store, clock, fetches, hold } = setUp()
    const keys = await store.newer(undefined)
    const answer = hold()
    await clock.advance(300_000)
    const waiting = store.newer(keys)
    await clock.advance(1000)
    expect(await waiting).toBe(keys)
    expect(fetches()).toBe(2)
    answer()
  })
})

describe('what a provider publishes', () => {
  it.each([
    ['issuer_missing', { issuer: undefined }],
    ['issuer_missing', { issuer: '' }],
    ['issuer_missing', { issuer: [ENDPOINT] }],
    ['jwks_uri_missing', { jwks_uri: undefined }],
    ['jwks_uri_unusable', { jwks_uri: 'http://sso.example.com/certs' }],
    ['jwks_uri_unusable', { jwks_uri: 'file:///etc/passwd' }],
    ['jwks_uri_unusable', { jwks_uri: '/certs' }],
  ])('is not used if it is broken (%s)', async (code, members) => {
    const { store, provider } = setUp()
    Object.assign(provider.discovery, members)
    expect(await store.newer(undefined)).toBeUndefined()
    expect(store.trouble).toBe(code)
  })

  it.each([undefined, 'none', {}, 7])('is not used if its keys are %j', async (keys) => {
    const { store, provider } = setUp()
    provider.keys = keys
    expect(await store.newer(undefined)).toBeUndefined()
    expect(store.trouble).toBe('keys_missing')
  })

  it('may have odd keys beside good ones, or none at all', async () => {
    const { store, provider, messages } = setUp()
    provider.keys = [null, 7, 'text', [], {}, { kty: 'oct', k: 'AA' }, { kty: 'new', kid: 3 }, one.jwk]
    expect(await store.newer(undefined)).toBeDefined()
    provider.keys = []
    expect(await store.newer(store.current)).toBeDefined()
    expect(messages.map(({ event, keys }) => [event, keys])).toEqual([
      ['changed', 4],
      ['changed', 0],
    ])
  })

  it('may be reached by plain http if that is allowed', async () => {
    const { store, provider } = setUp({ allowHttp: true })
    provider.discovery.jwks_uri = 'http://sso.example.com/certs'
    expect(await store.newer(undefined)).toBeDefined()
  })

  it('announces algorithms, of which those with a public key count', async () => {
    const { store, provider } = setUp()
    provider.discovery.id_token_signing_alg_values_supported = ['HS256', 'none', 'RS256', 'ES256', 7]
    expect((await store.newer(undefined))?.algorithms).toEqual(['RS256', 'ES256'])
    provider.discovery.id_token_signing_alg_values_supported = []
    expect((await store.newer(store.current))?.algorithms).toEqual([])
  })
})

it('law 17: fetches in the context in which the gateway was made, whatever asks', async () => {
  const requests = new AsyncLocalStorage<string>()
  const { clock } = setUp()
  const contexts: unknown[] = []
  const note = () => void contexts.push(requests.getStore())
  const store = new KeyStore({
    endpoint: ENDPOINT,
    allowHttp: false,
    async fetchJson(url) {
      note()
      const document = url === DISCOVERY ? { issuer: ENDPOINT, jwks_uri: `${ENDPOINT}/certs` } : { keys: [] }
      return { url, document, etag: undefined, maxAgeMs: undefined }
    },
    clock,
    onFetched: note,
    random: () => 1,
  })
  await requests.run('a request', async () => store.newer(await store.newer(undefined)))
  await clock.advance(300_000)
  expect(contexts).toEqual(Array(9).fill(undefined))
  store.close()
})

it('law 18: goes on after a logger that throws', async () => {
  const clock = new ManualClock(0)
  let fetches = 0
  const store = new KeyStore({
    endpoint: ENDPOINT,
    allowHttp: false,
    fetchJson: async () => {
      fetches += 1
      throw new FetchFailed('status_500')
    },
    clock,
    onFetched() {
      throw new Error('a broken logger')
    },
    random: () => 1,
  })
  expect(await store.newer(undefined)).toBeUndefined()
  await clock.advance(30_000)
  expect(fetches).toBe(2)
  store.close()
})
