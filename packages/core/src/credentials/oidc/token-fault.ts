/** Why a token is refused: for the operator only, because a caller learns only that it is refused. */

/** A `…_missing` or `…_invalid` names a claim, `aud_missing` for example. */
export type TokenFault =
  | 'token_malformed'
  | 'token_type_wrong'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'algorithm_not_allowed'
  | 'key_unknown'
  | 'key_unusable'
  | 'signature_wrong'
  | 'issuer_wrong'
  | 'audience_wrong'
  | 'verification_failed'
  | 'policy_unusable'
  | 'token_inactive'
  | `${string}_missing`
  | `${string}_invalid`

/** Thrown inside the verification; it carries nothing of the token. */
export class TokenRefused extends Error {
  readonly fault: TokenFault

  constructor(fault: TokenFault) {
    super(fault)
    this.fault = fault
  }
}

/** What is wrong, from whatever the verification threw. */
export function faultOfError(error: unknown): TokenFault {
  if (error instanceof TokenRefused) return error.fault
  const { code, claim, reason } = Object(error) as Readonly<Record<string, unknown>>
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return faultOfClaim(String(claim), reason)
  if (typeof code === 'string' && Object.hasOwn(FAULTS, code)) return FAULTS[code]!
  // jose throws a TypeError for a key that it cannot use, an RSA key of 1024 bits for example.
  return error instanceof TypeError ? 'key_unusable' : 'verification_failed'
}

/** Errors of jose, by code. */
const FAULTS: Readonly<Record<string, TokenFault>> = {
  ERR_JWS_INVALID: 'token_malformed',
  ERR_JWT_INVALID: 'token_malformed',
  ERR_JOSE_NOT_SUPPORTED: 'token_malformed',
  ERR_JWT_EXPIRED: 'token_expired',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm_not_allowed',
  ERR_JWKS_NO_MATCHING_KEY: 'key_unknown',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'kid_missing',
  ERR_JWKS_INVALID: 'key_unusable',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature_wrong',
}

function faultOfClaim(claim: string, reason: unknown): TokenFault {
  if (reason === 'missing') return `${claim}_missing`
  if (reason !== 'check_failed') return `${claim}_invalid`
  if (claim === 'iss') return 'issuer_wrong'
  if (claim === 'aud') return 'audience_wrong'
  return claim === 'nbf' ? 'token_not_yet_valid' : `${claim}_invalid`
}
