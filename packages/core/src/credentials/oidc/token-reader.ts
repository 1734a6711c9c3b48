/** Reads credentials from access tokens: a token that verifies is its application. Every failure is a denial (law 18). */
import { hash } from 'node:crypto'
import { MAX_VERIFYING, VERIFIED_TOKENS_BYTES } from '../../defaults.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import { SingleFlight } from '../../primitives/single-flight.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialsReader, FoundCaller, FoundCredentials } from '../credentials-reader.ts'
import type { CredentialLocation } from '../credentials-settings.ts'
import { createBearerLocation } from '../locations/bearer.ts'
import { createFormLocation } from '../locations/form.ts'
import { createHeadersLocation } from '../locations/headers.ts'
import type { Found, Location } from '../locations/location.ts'
import { createQueryLocation } from '../locations/query.ts'
import type { UnreadableCredentials } from '../unreadable.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { faultOfError, type TokenFault } from './token-fault.ts'
import type { TokenLocations, TokenRules } from './token-settings.ts'
import { VerifiedTokens } from './verified-tokens.ts'
import { NoKeys, type VerifiedToken, verifyToken } from './verify-token.ts'

/** The name of parameter, header and field (RFC 6750, 2); APIcast has no other either. */
const NAME = 'access_token'

export interface TokenReaderOptions extends TokenLocations {
  readonly rules: TokenRules
  readonly keys: IssuerKeys
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A known token costs a digest and a lookup, and no promise. */
export function createTokenReader<View extends RequestView>(options: TokenReaderOptions): CredentialsReader<View> {
  const { rules, keys, now } = options
  const locations = options.in.map((location) => LOCATIONS[location](options))
  const verified = new VerifiedTokens(VERIFIED_TOKENS_BYTES)
  const flights = new SingleFlight<FoundCaller>(MAX_VERIFYING)
  /** Of callers whose tokens policies have judged. They live as long as the caller. */
  const judged = new WeakMap<Credentials, NonNullable<VerifiedToken['judgements']>>()
  let verifying = 0

  function read(view: View): MaybePromise<FoundCaller> {
    try {
      const found = findToken(locations, view)?.found
      if (found === undefined) return undefined
      return 'userKey' in found ? callerOf(found.userKey) : refusal('token_malformed')
    } catch {
      return refusal('verification_failed')
    }
  }

  function callerOf(token: string): MaybePromise<FoundCaller> {
    const digest = hash('sha256', token, 'base64url')
    const known = verified.find(digest, keys.current, now())
    if (known !== undefined) return known.credentials
    if (verifying >= MAX_VERIFYING || flights.isFull(digest)) return BUSY
    return flights.join(digest, () => verify(token, digest))
  }

  async function verify(token: string, digest: string): Promise<FoundCaller> {
    verifying++
    try {
      const found = await verifyToken(token, rules, keys, now)
      if (found.judgements !== undefined) judged.set(found.credentials, found.judgements)
      verified.remember(digest, found, keys.current)
      return found.credentials
    } catch (error) {
      return error instanceof NoKeys ? WITHOUT_KEYS : refusal(faultOfError(error))
    } finally {
      verifying--
    }
  }

  return {
    read,
    async explain(view) {
      const location = findToken(locations, view)?.location
      const caller = await read(view)
      return caller && location && describe(caller, location)
    },
    strip(view) {
      for (const location of locations) location.strip(view)
    },
    challenge: 'Bearer realm="3scale"',
    kind: 'clientId',
    anonymous: undefined,
    tokenOf(view) {
      const found = findToken(locations, view)?.found
      return found !== undefined && 'userKey' in found ? found.userKey : undefined
    },
    judgementsOf: (caller) => judged.get(caller),
  }
}

/**
 * The first location that holds a token wins (APIcast service.lua). An empty one counts only if no other holds any,
 * because a client that fills in nothing should not hide the token of another.
 */
function findToken(
  locations: readonly Location[],
  view: RequestView,
): { readonly found: Exclude<Found, undefined | 'partial'>; readonly location: CredentialLocation } | undefined {
  let empty: ReturnType<typeof findToken>
  for (const { location, read } of locations) {
    const found = read(view)
    if (found === undefined || found === 'partial') continue
    if (!('userKey' in found) || found.userKey !== '') return { found, location }
    empty ??= { found, location }
  }
  return empty
}

/** The locations hold the token as they would hold a user key. */
function settingsOf({ in: locations, maxBytes, asApicast }: TokenLocations) {
  const names = { userKey: NAME, appId: NAME, appKey: NAME }
  return { kind: 'userKey', in: locations, names, anonymous: undefined, maxBytes, asApicast } as const
}

const LOCATIONS: Readonly<Record<CredentialLocation, (settings: TokenLocations) => Location>> = {
  query: (settings) => createQueryLocation(settingsOf(settings)),
  headers: (settings) => createHeadersLocation(settingsOf(settings)),
  form: (settings) => createFormLocation(settingsOf(settings)),
  authorization: ({ maxBytes }) => createBearerLocation(maxBytes),
}

const refusal = (fault: TokenFault): UnreadableCredentials => ({
  malformed: 'the access token is not accepted',
  code: 'token_invalid',
  fault,
})

const WITHOUT_KEYS: UnreadableCredentials = Object.freeze({
  malformed: 'access tokens cannot be verified at the moment',
  code: 'issuer_unavailable',
})

const BUSY: UnreadableCredentials = Object.freeze({ malformed: 'too many requests at once', code: 'overloaded' })

function describe(caller: Credentials | UnreadableCredentials, foundIn: CredentialLocation): FoundCredentials {
  if ('malformed' in caller) {
    const { code, fault } = caller
    return { kind: 'unreadable', foundIn, masked: '***', sentAs: '', ...(code && { code }), ...(fault && { fault }) }
  }
  return { kind: 'client id', foundIn, masked: '***', sentAs: 'app_id=***' }
}
