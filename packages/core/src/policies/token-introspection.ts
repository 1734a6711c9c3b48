/** Lets requests pass whose token the identity provider calls active (APIcast policy/token_introspection, RFC 7662). */
import { hash } from 'node:crypto'
import type { Refusal } from '../decision/refusal.ts'
import { MAX_INTROSPECTIONS } from '../defaults.ts'
import type { MaybePromise } from '../primitives/maybe-promise.ts'
import { SecondChanceCache } from '../primitives/second-chance-cache.ts'
import { SingleFlight } from '../primitives/single-flight.ts'
import type { RequestView } from '../request/request-view.ts'
import type { Policy } from './policy.ts'

export interface IntrospectionSettings {
  readonly kind: 'token_introspection'
  /** Where the provider is asked; undefined: where the discovery document of the issuer says. */
  readonly endpoint: string | undefined
  /** The client credentials, as the value of Authorization. */
  readonly authorization: string
  /** How many answers are remembered; 0: none. */
  readonly maxTokens: number
  /** How long an answer is remembered at most, in milliseconds; undefined: until the token expires. */
  readonly maxAgeMs: number | undefined
}

/** What the provider says about a token. */
export interface Introspection {
  readonly active: boolean
  /** Epoch milliseconds; undefined if it does not say. */
  readonly expiresAt: number | undefined
}

export interface IntrospectionParts {
  /** Rejects if the provider cannot be asked. */
  ask(endpoint: string, authorization: string, token: string): Promise<Introspection>
  /** Where the discovery document says; undefined if it was not read, or does not say. */
  issuerEndpoint(): string | undefined
  /** The token of a request; undefined if there is none that can be read. */
  tokenOf(view: RequestView): string | undefined
  /** Epoch milliseconds. */
  now(): number
  /** Called if the provider could not be asked. */
  onFailure(error: unknown): void
}

interface Remembered {
  readonly active: boolean
  readonly until: number
  used: boolean
}

/**
 * A failure is never a yes, and is not remembered. Requests with one token wait for one answer. Answers are kept by the
 * digest of the token, and no token is kept.
 */
export function createTokenIntrospection(settings: IntrospectionSettings, parts: IntrospectionParts): Policy {
  const { authorization, maxTokens, maxAgeMs } = settings
  const { ask, issuerEndpoint, tokenOf, now, onFailure } = parts
  const known = new SecondChanceCache<string, Remembered>(Math.max(1, maxTokens), () => {})
  const flights = new SingleFlight<Refusal | undefined>(MAX_INTROSPECTIONS)
  let asking = 0

  function check(view: RequestView): MaybePromise<Refusal | undefined> {
    let token: string | undefined
    try {
      token = tokenOf(view)
    } catch (error) {
      onFailure(error)
      return UNAVAILABLE
    }
    if (token === undefined) return WITHOUT_TOKEN
    const digest = hash('sha256', token, 'base64url')
    const answer = known.get(digest)
    if (answer !== undefined && now() < answer.until) return answer.active ? undefined : INACTIVE
    if (asking >= MAX_INTROSPECTIONS || flights.isFull(digest)) return BUSY
    return flights.join(digest, () => introspect(token, digest))
  }

  async function introspect(token: string, digest: string): Promise<Refusal | undefined> {
    asking++
    try {
      const endpoint = settings.endpoint ?? issuerEndpoint()
      if (endpoint === undefined) throw new Error('the discovery document names no introspection_endpoint')
      const answer = await ask(endpoint, authorization, token)
      remember(digest, answer)
      return answer.active ? undefined : INACTIVE
    } catch (error) {
      onFailure(error)
      return UNAVAILABLE
    } finally {
      asking--
    }
  }

  function remember(digest: string, { active, expiresAt }: Introspection): void {
    if (maxTokens === 0 || (expiresAt === undefined && maxAgeMs === undefined)) return
    const until = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, now() + (maxAgeMs ?? Number.POSITIVE_INFINITY))
    known.set(digest, { active, until, used: false })
  }

  return { check }
}

const refusal = (code: Refusal['code'], fault?: string): Refusal => Object.freeze({ outcome: 'refuse', code, fault })

const INACTIVE = refusal('token_invalid', 'token_inactive')
const WITHOUT_TOKEN = refusal('token_invalid', 'token_missing')
const UNAVAILABLE = refusal('issuer_unavailable')
const BUSY = refusal('overloaded')
