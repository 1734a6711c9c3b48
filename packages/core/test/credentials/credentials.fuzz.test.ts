/** Any input is read, missing or unreadable; nothing throws, and nothing of it is quoted. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCredentialsReader } from '../../src/credentials/credentials-reader.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'
import { viewOf } from '../requests.ts'

const NAMES = { userKey: 'user_key', appId: 'app_id', appKey: 'app_key' }
const settings = fc.record({
  kind: fc.constantFrom('userKey' as const, 'appId' as const),
  in: fc.shuffledSubarray(['query', 'headers', 'authorization', 'form'] as const),
  names: fc.constant(NAMES),
  anonymous: fc.constant(undefined),
  maxBytes: fc.constantFrom(4, 4096),
  asApicast: fc.boolean(),
})
const bytes = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
})
const bits = fc.string({
  unit: fc.constantFrom(...'?&=#%+/aZ9', 'user_key=', 'app_id=', 'app_key=', 'USER_KEY=', '%C3%A9', '%00', '\u00ff'),
  maxLength: 16,
})
const authorizations = fc.oneof(
  bytes,
  fc.tuple(fc.constantFrom('Basic', 'bearer', 'BASIC', 'Digest'), bytes).map(([scheme, rest]) => `${scheme} ${rest}`),
  bytes.map((pair) => `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`),
)
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  url: fc.oneof(
    bytes,
    bits,
    bits.map((query) => `/?${query}`),
  ),
  headers: fc.record(
    {
      user_key: bytes,
      'app-id': bytes,
      app_key: bytes,
      authorization: authorizations,
      'content-type': fc.constant('application/x-www-form-urlencoded'),
    },
    { requiredKeys: [] },
  ),
  form: fc.option(bits, { nil: undefined }),
})

test(
  'what is found is well-formed, short enough and of one kind',
  () => {
    fc.assert(
      fc.property(settings, requests, (options, request) => {
        const reader = createCredentialsReader(options)
        const found = reader.read(viewOf(request as never)) as Record<string, string> | undefined
        if (found === undefined) return
        if ('malformed' in found) {
          expect(found.malformed).toMatch(/^the [A-Za-z0-9 ,-]+$/)
          return
        }
        const values = Object.values(found)
        expect(options.kind === 'userKey' ? Object.keys(found) : Object.keys(found).slice(0, 1)).toEqual([
          options.kind === 'userKey' ? 'userKey' : 'appId',
        ])
        if (options.kind === 'appId' && options.asApicast) expect(values).toHaveLength(2)
        for (const value of values) {
          expect(value.isWellFormed()).toBe(true)
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(options.maxBytes)
        }
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)

test(
  'what was stripped is not found again in its location, and the rest is unchanged',
  () => {
    fc.assert(
      fc.property(settings, requests, (options, request) => {
        const reader = createCredentialsReader({ ...options, in: options.in.slice(0, 1) })
        const view = viewOf(request as never)
        reader.strip(view)
        expect(reader.read(view)).toBeUndefined()
        // Only the first question mark begins the query; a fragment goes with the credentials in the query.
        const others = (url: string) => {
          const [target = '', ...fragment] = url.split('#')
          const left = options.in[0] === 'query' ? '' : fragment.join('#')
          const parts = target.replace('?', '&').split('&')
          const kept = parts.filter((part) => part !== '' && !/^(user_key|app_id|app_key)/i.test(decode(part)))
          return [...kept, left]
        }
        expect(others(view.url)).toEqual(others(request.url))
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

test(
  'a query value that a client encoded is decoded to the same text',
  () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(text, text, fc.boolean(), (userKey, other, plus) => {
        const encoded = plus
          ? new URLSearchParams({ user_key: userKey }).toString()
          : `user_key=${encodeURIComponent(userKey)}`
        const reader = createCredentialsReader({
          kind: 'userKey',
          in: ['query'],
          names: NAMES,
          anonymous: undefined,
          maxBytes: 4096,
        })
        expect(reader.read(viewOf({ url: `/?x=${encodeURIComponent(other)}&${encoded}&user_key=second` }))).toEqual({
          userKey,
        })
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)
