/** Keys of an identity provider, and access tokens that they sign. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  /** The public key, as a provider publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>
}

export function createSigningKey(kid: string, alg: string = 'ES256'): SigningKey {
  const { privateKey } = generate(alg)
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' }
  return { kid, alg, privateKey, jwk }
}

function generate(alg: string) {
  if (alg === 'EdDSA' || alg === 'Ed25519') return generateKeyPairSync('ed25519')
  if (!alg.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg]! })
}

/** Signs any header and payload, whatever they are. */
export function signJwt({ alg, privateKey }: SigningKey, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  return `${input}.${signatureOf(alg, privateKey, input).toString('base64url')}`
}

/** A signature by the algorithm; a key of another kind throws. */
export function signatureOf(alg: string, key: KeyObject, input: string): Buffer {
  const digest = `sha${alg.slice(2)}`
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA' || alg === 'Ed25519') return sign(null, bytes, key)
  if (alg.startsWith('ES')) return sign(digest, bytes, { key, dsaEncoding: 'ieee-p1363' })
  // 6 is RSA_PKCS1_PSS_PADDING, -1 a salt as long as the digest.
  return sign(digest, bytes, alg.startsWith('PS') ? { key, padding: 6, saltLength: -1 } : { key })
}

/** A good token of the application `app-1`; members of `claims` replace its own, undefined ones are left out. */
export function signToken(
  key: SigningKey,
  { now = Date.now(), issuer, ...claims }: { now?: number; issuer: string } & Record<string, unknown>,
  header: object = {},
): string {
  const seconds = Math.floor(now / 1000)
  return signJwt(
    key,
    { alg: key.alg, kid: key.kid, typ: 'JWT', ...header },
    {
      iss: issuer,
      sub: 'user-1',
      aud: 'account',
      azp: 'app-1',
      typ: 'Bearer',
      iat: seconds,
      exp: seconds + 300,
      ...claims,
    },
  )
}

function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}
