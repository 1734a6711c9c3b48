/** Credentials that are not asked about: 3scale cannot have issued them, or a token that is refused. */
import type { TokenFault } from './oidc/token-fault.ts'

export interface UnreadableCredentials {
  /** Why, without quoting what the caller sent. */
  readonly malformed: string
  /** The code of the denial. Default 'credentials_malformed'. */
  readonly code?: 'token_invalid' | 'issuer_unavailable' | 'overloaded'
  /** What is wrong with a token; for the operator only. */
  readonly fault?: TokenFault
}

export const BAD_ESCAPE: UnreadableCredentials = Object.freeze({
  malformed: 'the credentials contain an invalid percent-escape or are not UTF-8',
})

export const NOT_UTF8: UnreadableCredentials = Object.freeze({ malformed: 'the credentials are not valid UTF-8' })

export const TOO_LONG: UnreadableCredentials = Object.freeze({ malformed: 'the credentials are too long' })

export const BAD_BASIC: UnreadableCredentials = Object.freeze({
  malformed: 'the Basic credentials are not base64 of a user name, a colon and a password',
})

export const BAD_BEARER: UnreadableCredentials = Object.freeze({ malformed: 'the Bearer token contains blanks' })

export const NO_TEXT: UnreadableCredentials = Object.freeze({
  malformed: 'the credentials are no text; a parameter may have been sent twice',
})

export const SEVERAL: UnreadableCredentials = Object.freeze({
  malformed: 'the credentials hold more than one of user key, application id and client id',
})
