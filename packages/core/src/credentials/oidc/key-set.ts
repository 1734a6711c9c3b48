/** Makes a key set from a JWKS document: jose chooses the key by algorithm, type, use and id, never by the token alone. */
import { ASYMMETRIC_ALGORITHMS } from '../../defaults.ts'
import type { Expected, KeySet, VerifiedJwt } from './issuer-keys.ts'
import type { Jose } from './load-jose.ts'

/** How many keys of one id are tried. */
const MAX_TRIED = 4

/** The documents of an issuer, as read. */
export interface IssuerDocuments {
  readonly issuer: string
  /** What the discovery document announces; undefined if it announces nothing. */
  readonly algorithms: readonly unknown[] | undefined
  readonly jwks: { readonly keys: readonly object[] }
  /** Where the discovery document says that tokens are introspected; unchecked. */
  readonly introspectionEndpoint?: unknown
}

/** @throws what jose throws if the keys have no usable form. */
export function createKeySet(
  { jwtVerify, createLocalJWKSet }: Jose,
  { issuer, algorithms, jwks, introspectionEndpoint }: IssuerDocuments,
): KeySet {
  const keyOf = createLocalJWKSet({ keys: [...jwks.keys] })
  return {
    issuer,
    introspectionEndpoint: typeof introspectionEndpoint === 'string' ? introspectionEndpoint : undefined,
    // A key set cannot serve secrets, so HS* is never among them, whatever the provider announces.
    algorithms: ASYMMETRIC_ALGORITHMS.filter((one) => algorithms === undefined || algorithms.includes(one)),
    async verify(token, expected): Promise<VerifiedJwt> {
      const options = optionsOf(expected)
      try {
        const { protectedHeader, payload } = await jwtVerify(token, keyOf, options)
        return { header: protectedHeader, payload }
      } catch (error) {
        if (!isAmbiguous(error) || !namesKey(token)) throw error
        let tried = 0
        for await (const key of error) {
          if (++tried > MAX_TRIED) break
          try {
            const { protectedHeader, payload } = await jwtVerify(token, key, options)
            return { header: protectedHeader, payload }
          } catch (failure) {
            if (codeOf(failure) !== WRONG_SIGNATURE) throw failure
          }
        }
        throw Object.assign(new Error('no key fits'), { code: WRONG_SIGNATURE })
      }
    },
  }
}

const WRONG_SIGNATURE = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'

function optionsOf({ algorithms, issuers, audience, clockToleranceMs, now }: Expected) {
  return {
    algorithms: algorithms as string[],
    issuer: issuers as string[],
    ...(audience === undefined ? {} : { audience: audience as string[] }),
    clockTolerance: clockToleranceMs / 1000,
    requiredClaims: ['exp'],
    currentDate: new Date(now),
  }
}

type KeyInput = Parameters<Jose['jwtVerify']>[1]

/** Several keys fit; they can be tried one after the other. */
function isAmbiguous(error: unknown): error is AsyncIterable<KeyInput> {
  return codeOf(error) === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null)?.code
}

/** Whether the header has a key id: without one, trying all keys would be a guess. */
function namesKey(token: string): boolean {
  const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString())
  return typeof (header as { readonly kid?: unknown }).kid === 'string'
}
