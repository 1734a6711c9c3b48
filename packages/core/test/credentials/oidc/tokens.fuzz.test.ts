/**
 * Any token, good or broken, is an application or refused. What is accepted, jose accepts with one of the keys; nothing
 * throws.
 */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { importJWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signatureOf } from '../../../../../test/support/access-token.ts'
import { clientIdByClaim } from '../../../src/credentials/oidc/client-id.ts'
import type { KeySet } from '../../../src/credentials/oidc/issuer-keys.ts'
import { createTokenReader } from '../../../src/credentials/oidc/token-reader.ts'
import { ASYMMETRIC_ALGORITHMS } from '../../../src/defaults.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../fuzz-runs.ts'
import { viewOf } from '../../requests.ts'
import { ISSUER, keySetOf, testKeys } from './test-keys.ts'

const NOW = 1_893_456_000_000
const SECONDS = NOW / 1000

const privateKeys: readonly KeyObject[] = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  generateKeyPairSync('ed25519').privateKey,
]
const publicKeys = privateKeys.map((key) => createPublicKey(key))
const jwks = publicKeys.map((key) => key.export({ format: 'jwk' }))
/** What a confused verifier could take for the secret of an HMAC. */
const secrets = [
  ...publicKeys.flatMap((key) => [
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'der', type: 'spki' }),
    JSON.stringify(key.export({ format: 'jwk' })),
  ]),
  '',
  'secret',
]

const kid = fc.constantFrom('a', 'b', 'c')
const algorithm = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ASYMMETRIC_ALGORITHMS) },
  fc.constantFrom(
    'HS256',
    'HS384',
    'HS512',
    'none',
    'NONE',
    'rs256',
    'RSA-OAEP',
    'dir',
    '',
    'constructor',
    '__proto__',
  ),
)

/** An entry of a key set: mostly a key as a provider publishes it, sometimes an odd one. */
const publishedKey = fc
  .record(
    {
      key: fc.nat({ max: jwks.length - 1 }),
      kid: fc.oneof({ weight: 5, arbitrary: kid }, fc.jsonValue({ maxDepth: 1 })),
      alg: fc.oneof({ weight: 2, arbitrary: algorithm }, fc.jsonValue({ maxDepth: 1 })),
      use: fc.constantFrom('sig', 'enc', 7, null),
      key_ops: fc.constantFrom(['verify'], ['sign'], ['verify', 'verify'], 'verify', null),
    },
    { requiredKeys: ['key', 'kid'] },
  )
  .map(({ key, ...members }) => ({ ...jwks[key], ...members }))
const oddKey = fc.oneof(
  fc.constant({ kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'a' }),
  fc.constant({ ...privateKeys[2]!.export({ format: 'jwk' }), kid: 'a' }),
  fc.constant({ kty: 'RSA', kid: 'b' }),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
)
const RANDOM_SETS = 60
const keySets = fc.sample(fc.array(fc.oneof({ weight: 6, arbitrary: publishedKey }, oddKey), { maxLength: 5 }), {
  numRuns: RANDOM_SETS,
  seed: 1,
}) as Record<string, unknown>[][]
/** One good key of each kind, so that many tokens are good. */
keySets.push(jwks.map((jwk, index) => ({ ...jwk, kid: 'abc'[index % 3] })))
for (const jwk of jwks) keySets.push([{ ...jwk, kid: 'a', use: 'sig' }])

const claims = fc
  .record(
    {
      iss: fc.constantFrom(ISSUER, `${ISSUER}/`, [ISSUER]),
      sub: fc.constantFrom('user-1', '', null),
      aud: fc.constantFrom('account', ['a', 'b'], [], null),
      azp: fc.constantFrom('app-1', 'app-2', '', ['app-3'], null, 7, {}),
      exp: fc.constantFrom(SECONDS + 300, SECONDS + 0.5, SECONDS, SECONDS - 1, 1e20, '9', null),
      nbf: fc.constantFrom(0, SECONDS, SECONDS + 1, -1, 'now'),
      iat: fc.constantFrom(SECONDS - 5, SECONDS + 3600, 0, 'now'),
      typ: fc.constantFrom('Bearer', 'ID', null),
    },
    { requiredKeys: [] },
  )
  .map((given) => ({ iss: ISSUER, sub: 'user-1', aud: 'account', azp: 'app-1', exp: SECONDS + 300, ...given }))
const good = { iss: ISSUER, sub: 'user-1', aud: 'account', azp: 'app-1', exp: SECONDS + 300 }
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.constant(good) },
  { weight: 3, arbitrary: claims },
  { weight: 1, arbitrary: fc.jsonValue() },
)
const extras = fc.record(
  {
    typ: fc.constantFrom('JWT', 'at+jwt', 'application/at+jwt', 'dpop+jwt', 7, null),
    crit: fc.constantFrom(['b64'], ['x'], [], 'x'),
    b64: fc.boolean(),
    jku: fc.constant('https://attacker.example/keys'),
    jwk: fc.constantFrom(...jwks),
    x5c: fc.constant(['AA']),
  },
  { requiredKeys: [] },
)

interface Forged {
  readonly token: string
  readonly set: number
}

const tokens: fc.Arbitrary<Forged> = fc
  .record({
    set: fc.oneof(fc.integer({ min: RANDOM_SETS, max: keySets.length - 1 }), fc.nat({ max: keySets.length - 1 })),
    /** Mostly the key and the algorithm fit each other and the set. */
    fits: fc.integer({ min: 0, max: 5 }),
    pick: fc.nat(),
    algorithm: fc.oneof({ weight: 8, arbitrary: algorithm }, fc.jsonValue({ maxDepth: 1 })),
    key: fc.nat({ max: privateKeys.length - 1 }),
    kid: fc.oneof({ weight: 5, arbitrary: kid }, fc.constant(undefined), fc.jsonValue({ maxDepth: 1 })),
    extras: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, extras),
    header: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, fc.jsonValue()),
    payload,
    secret: fc.constantFrom(...secrets),
    change: fc.oneof(
      { weight: 3, arbitrary: fc.constant(['none', 0] as const) },
      fc.tuple(
        fc.constantFrom('cut', 'swap', 'double', 'dot', 'pad', 'flip', 'append', 'empty', 'alphabet', 'other' as const),
        fc.nat({ max: 2000 }),
      ),
    ),
  })
  .map(({ set, fits, pick, key, kid, extras, header, payload, secret, change, ...given }) => {
    const entry = keySets[set]![pick % Math.max(1, keySets[set]!.length)]
    const own = fits > 0 && entry !== undefined ? jwks.findIndex(({ x, n }) => (x ?? n) === (entry.x ?? entry.n)) : -1
    const signer = own === -1 ? key : own
    const alg = own === -1 ? given.algorithm : (entry!.alg ?? ALGORITHMS[own]![pick % ALGORITHMS[own]!.length])
    const head = header ?? { alg, ...(fits > 0 && entry !== undefined ? { kid: entry.kid } : { kid }), ...extras }
    const input = `${encode(head)}.${encode(payload)}`
    return { set, token: changed(`${input}.${signed(alg, signer, secret, input)}`, change[0], change[1]) }
  })

/** Algorithms of each private key. */
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const ALGORITHMS = [RSA, RSA, ['ES256'], ['ES384'], ['ES512'], ['EdDSA', 'Ed25519']]

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value) ?? '').toString('base64url')
}

/** A signature by the algorithm, if the key can make one. */
function signed(alg: unknown, key: number, secret: string | Buffer, input: string): string {
  if (typeof alg !== 'string' || alg === 'none') return ''
  try {
    if (alg.startsWith('HS'))
      return createHmac(`sha${alg.slice(2)}`, secret)
        .update(input)
        .digest('base64url')
    return signatureOf(alg, privateKeys[key]!, input).toString('base64url')
  } catch {
    return 'AAAA'
  }
}

function changed(token: string, change: string, at: number): string {
  const place = at % token.length
  const parts = token.split('.')
  switch (change) {
    case 'cut':
      return token.slice(0, place)
    case 'swap':
      return [parts[at % 3], parts[(at + 1) % 3], parts[(at + 2) % 3]].join('.')
    case 'double':
      return token + '., '[at % 3] + token
    case 'dot':
      return `${token.slice(0, place)}.${token.slice(place)}`
    case 'pad':
      return `${token}=`
    case 'flip':
      return `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`
    case 'append':
      return token + 'A- \u00e9\u0000'[at % 5]
    case 'empty':
      return parts.map((part, index) => (index === at % 3 ? '' : part)).join('.')
    case 'alphabet':
      return token.replaceAll('-', '+').replaceAll('_', '/')
    case 'other':
      return [parts[0], encode({ ...good, azp: 'app-9' }), parts[2]].join('.')
    default:
      return token
  }
}

let sets: KeySet[]
let accepted = 0
const refusals = new Map<string | undefined, number>()
beforeAll(async () => {
  sets = await Promise.all(keySets.map((keys) => keySetOf(keys)))
})
afterAll(() => {
  // A run in which nothing, or nothing else, is accepted would prove nothing.
  expect(accepted).toBeGreaterThan(FUZZ_RUNS / 50)
  expect(refusals.size).toBeGreaterThan(5)
})

/** Whether jose accepts the token with one of the keys alone. */
async function isAcceptedByJose(token: string, keys: readonly Record<string, unknown>[]): Promise<boolean> {
  const alg = (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { alg: string }).alg
  for (const jwk of keys) {
    try {
      const key = await importJWK(jwk, alg)
      await jwtVerify(token, key, {
        algorithms: [...ASYMMETRIC_ALGORITHMS],
        issuer: ISSUER,
        requiredClaims: ['exp', 'sub', 'aud', 'azp'],
        currentDate: new Date(NOW),
      })
      return true
    } catch {}
  }
  return false
}

test(
  'law 18: no token is accepted that jose would refuse with the same keys, and none raises an error',
  async () => {
    const run = async ({ token, set }: Forged) => {
      const keys = keySets[set]!
      const reader = createTokenReader({
        in: ['authorization'],
        maxBytes: 16_384,
        asApicast: false,
        now: () => NOW,
        keys: testKeys(sets[set]),
        rules: {
          issuers: undefined,
          audience: undefined,
          algorithms: undefined,
          requiredClaims: ['exp', 'sub', 'aud'],
          typ: undefined,
          clockToleranceMs: 0,
          clientId: clientIdByClaim('azp'),
        },
      })
      const view = viewOf({ headers: { authorization: `Bearer ${token}` } })
      const found = await reader.read(view)
      const again = await reader.read(view)
      expect(again).toEqual(found)
      if (found !== undefined && 'clientId' in found) {
        accepted += 1
        const { azp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
        expect(found.clientId).toBe(String(Array.isArray(azp) ? azp[0] : azp))
        expect(await isAcceptedByJose(token, keys)).toBe(true)
      } else {
        expect(found).toMatchObject({ code: 'token_invalid', malformed: 'the access token is not accepted' })
        const fault = found !== undefined && 'fault' in found ? found.fault : undefined
        refusals.set(fault, (refusals.get(fault) ?? 0) + 1)
      }
    }
    await fc.assert(fc.asyncProperty(tokens, run), { numRuns: FUZZ_RUNS })
  },
  FUZZ_TIMEOUT_MS,
)

test('law 18: bytes that are no token are refused', async () => {
  const reader = createTokenReader({
    in: ['authorization', 'query'],
    maxBytes: 16_384,
    asApicast: true,
    now: () => NOW,
    keys: testKeys(sets[0]),
    rules: {
      issuers: undefined,
      audience: undefined,
      algorithms: undefined,
      requiredClaims: [],
      typ: undefined,
      clockToleranceMs: 0,
      clientId: clientIdByClaim('azp'),
    },
  })
  for (let length = 1; length < 300; length++) {
    const authorization = `Bearer ${randomBytes(length).toString('latin1')}`
    const found = await reader.read(viewOf({ headers: { authorization } }))
    expect(found).toMatchObject({ code: 'token_invalid' })
  }
})
