/** Verifies an access token whole: spelling, signature, registered claims, type, application. Remembers nothing. */
import { DEFAULTS } from '../../defaults.ts'
import type { OAuthCredentials } from '../../domain/credentials.ts'
import { longerThan } from '../locations/location.ts'
import { clientIdText } from './client-id.ts'
import type { IssuerKeys, KeySet, VerifiedJwt } from './issuer-keys.ts'
import { faultOfError, TokenRefused } from './token-fault.ts'
import type { Claims, Judgement, TokenRules } from './token-settings.ts'

export interface VerifiedToken {
  readonly credentials: OAuthCredentials
  /** Epoch milliseconds from which it is refused, the tolerance included. */
  readonly expiresAt: number
  /** By which it was verified. */
  readonly keys: KeySet
  /** What policies found in its claims; undefined: there are none that look. */
  readonly judgements?: readonly (Judgement | undefined)[] | undefined
}

/** There never were keys to verify it with. */
export class NoKeys extends Error {}

/** One token has one spelling, so that no memory can be filled with others (RFC 7515: base64url without padding). */
const SPELLING = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** @throws NoKeys; anything else means that the token is refused (`faultOfError`). */
export async function verifyToken(
  token: string,
  rules: TokenRules,
  issuerKeys: IssuerKeys,
  now: () => number,
): Promise<VerifiedToken> {
  if (!SPELLING.test(token)) throw new TokenRefused('token_malformed')
  const keys = issuerKeys.current ?? (await issuerKeys.newer(undefined))
  if (keys === undefined) throw new NoKeys('no keys')
  try {
    return await verifyBy(keys, token, rules, now())
  } catch (error) {
    if (faultOfError(error) !== 'key_unknown') throw error
    const newer = await issuerKeys.newer(keys)
    if (newer === undefined || newer === keys) throw error
    return verifyBy(newer, token, rules, now())
  }
}

async function verifyBy(keys: KeySet, token: string, rules: TokenRules, now: number): Promise<VerifiedToken> {
  const { algorithms, issuers, audience, clockToleranceMs } = rules
  const verified = await keys.verify(token, {
    algorithms: algorithms === undefined ? keys.algorithms : algorithms.filter((one) => keys.algorithms.includes(one)),
    issuers: issuers ?? [keys.issuer],
    audience,
    clockToleranceMs,
    now,
  })
  checkTypes(verified, rules)
  checkClaims(verified.payload, rules)
  const expiresAt = (verified.payload.exp as number) * 1000 + clockToleranceMs
  // Stricter than jose by less than a second, because jose compares whole seconds.
  if (!(expiresAt > now)) throw new TokenRefused('token_expired')
  const credentials = { clientId: clientIdOf(verified.payload, rules) }
  return { credentials, expiresAt, keys, judgements: await rules.judge?.(verified.payload) }
}

/**
 * The header's type must be absent, JWT or at+jwt (RFC 8725, 3.11; RFC 9068, 4). Keycloak's claim `typ` must be absent or
 * Bearer: it keeps ID tokens, refresh tokens and tokens bound to a proof out.
 */
function checkTypes({ header, payload }: VerifiedJwt, { typ }: TokenRules): void {
  const declared = Object.hasOwn(header, 'typ') ? header.typ : undefined
  const type = typeof declared === 'string' ? declared.toLowerCase().replace(/^application\//, '') : declared
  const known = typ === undefined ? type === undefined || type === 'jwt' || type === 'at+jwt' : type === typ
  if (!known || (Object.hasOwn(payload, 'typ') && payload.typ !== 'Bearer')) throw new TokenRefused('token_type_wrong')
}

function checkClaims(payload: Claims, { requiredClaims }: TokenRules): void {
  for (const claim of requiredClaims) {
    if (!Object.hasOwn(payload, claim) || isEmpty(payload[claim])) throw new TokenRefused(`${claim}_missing`)
  }
  if (Object.hasOwn(payload, 'iat') && !(Number(payload.iat) > 0)) throw new TokenRefused('iat_invalid')
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function clientIdOf(payload: Claims, rules: TokenRules): string {
  const clientId = clientIdText(found(payload, rules))
  if (clientId === undefined) throw new TokenRefused('client_id_missing')
  if (!clientId.isWellFormed() || longerThan(clientId, DEFAULTS.credentials.maxBytes)) {
    throw new TokenRefused('client_id_invalid')
  }
  return clientId
}

/** The function may be the user's. What it throws must not be taken for an error of the verification. */
function found(payload: Claims, { clientId }: TokenRules): unknown {
  try {
    return clientId(payload)
  } catch {
    throw new TokenRefused('client_id_invalid')
  }
}
