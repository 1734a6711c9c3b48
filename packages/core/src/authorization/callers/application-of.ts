/** Tells which application an answer of the backend is about. */
import type { Credentials } from '../../domain/credentials.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { Verdict } from '../../domain/verdict.ts'
import type { AnyCredentials } from './identity.ts'

/**
 * The application's name at the backend (`storageKey`). Undefined if the answer names another one than the call did, or
 * none although the call did not name it either, as for a user key.
 */
export function applicationOf(verdict: Verdict, credentials: Credentials): string | undefined {
  const { appId, clientId } = credentials as AnyCredentials
  const asked = appId ?? clientId
  const told = verdict.application.id
  if (asked === undefined) return told === undefined ? undefined : storageKey(told)
  return told === undefined || storageKey(told) === storageKey(asked) ? storageKey(asked) : undefined
}
