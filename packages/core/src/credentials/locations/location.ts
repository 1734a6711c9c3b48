/** One location in a request that may hold credentials, and how an id and a key found there make credentials. */

import type { Credentials } from '../../domain/credentials.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialLocation, CredentialsSettings } from '../credentials-settings.ts'
import { TOO_LONG, type UnreadableCredentials } from '../unreadable.ts'

/** What a location holds: nothing, an id or a key where both are needed, or credentials, readable or not. */
export type Found = Credentials | UnreadableCredentials | 'partial' | undefined

export interface Location {
  readonly location: CredentialLocation
  read(view: RequestView): Found
  /** Removes every spelling and duplicate of the location's names from the request. */
  strip(view: RequestView): void
}

/** One value: decoded, unreadable, or missing. An empty value is not missing. */
export type Value = string | UnreadableCredentials | undefined

/** The names for the kind of credentials, the identifying one first. */
export function namesOf({
  kind,
  names,
}: CredentialsSettings): readonly [id: string] | readonly [id: string, key: string] {
  return kind === 'userKey' ? [names.userKey] : [names.appId, names.appKey]
}

/** Makes credentials from an id (or user key) and a key of one location. */
export function credentialsOf(settings: CredentialsSettings, id: Value, key: Value): Found {
  if (id === undefined && key === undefined) return undefined
  if (typeof id === 'object') return id
  if (typeof key === 'object') return key
  if (id === undefined) return 'partial'
  if (longerThan(id, settings.maxBytes)) return TOO_LONG
  if (settings.kind === 'userKey') return { userKey: id }
  if (key === undefined) return settings.asApicast === true ? 'partial' : { appId: id }
  return longerThan(key, settings.maxBytes) ? TOO_LONG : { appId: id, appKey: key }
}

/** Whether a text takes more than `maxBytes` in UTF-8. */
export function longerThan(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes at most three bytes in UTF-8, so most texts need no measuring.
  return text.length * 3 > maxBytes && (text.length > maxBytes || Buffer.byteLength(text) > maxBytes)
}
