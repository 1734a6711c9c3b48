/** The keys of the identity provider, and the signatures of the newest one. No key is made before one is asked for. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

/** The only algorithm: to make a key for it takes a millisecond, an RSA key up to a second. */
export const signingAlgorithm = 'ES256'

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A key that is published. */
export interface KeyRecord {
  readonly kid: string
  /** Whether it signs new tokens. */
  readonly signs: boolean
}

/** At least one key, of which the last one signs. */
export class SigningKeys {
  readonly #keys: SigningKey[] = []

  /** The published keys, the oldest first. */
  list(): KeyRecord[] {
    const { kid } = this.#newest()
    return this.#keys.map((key) => ({ kid: key.kid, signs: key.kid === kid }))
  }

  /** Lets a new key sign. Tokens of the others are valid as long as those are published: until `withdraw`. */
  rotate(withdraw: boolean): void {
    if (withdraw) this.#keys.length = 0
    this.#add()
  }

  /** The public keys as a JWK set (RFC 7517). */
  jwks(): { readonly keys: readonly object[] } {
    this.#newest()
    const keys = this.#keys.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: signingAlgorithm,
      use: 'sig',
    }))
    return { keys }
  }

  /** The claims as a signed JWT (RFC 7519). */
  sign(claims: object): string {
    const { kid, privateKey: key } = this.#newest()
    const input = [{ alg: signingAlgorithm, typ: 'JWT', kid }, claims].map(base64url).join('.')
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }

  #newest(): SigningKey {
    return this.#keys.at(-1) ?? this.#add()
  }

  #add(): SigningKey {
    const key = { kid: randomUUID(), ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
    this.#keys.push(key)
    return key
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
