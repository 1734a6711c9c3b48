/** One place in a request where credentials may be, and how an id and a key found there make credentials. */

import type { Credentials } from '../../domain/credentials.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialLocation, CredentialsSettings } from '../credentials-settings.ts'
import { TOO_LONG, type UnreadableCredentials } from '../unreadable.ts'

/** What a place holds: nothing; an id or key without the half it needs; or all that it takes, readable or not. */
export type Found = Credentials | UnreadableCredentials | 'partial' | undefined

export interface Location {
  readonly location: CredentialLocation
  read(view: RequestView): Found
  /** Takes every spelling and duplicate of the place's names out of the request. */
  strip(view: RequestView): void
}

/** One value as it was found: decoded, unreadable, or not there. An empty value is there. */
export type Value = string | UnreadableCredentials | undefined

/** The names that matter for the kind of credentials, the identifying one first. */
export function namesOf({
  kind,
  names,
}: CredentialsSettings): readonly [id: string] | readonly [id: string, key: string] {
  return kind === 'userKey' ? [names.userKey] : [names.appId, names.appKey]
}

/** Credentials from an id (or user key) and a key of one place. */
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

/** Whether a text takes more bytes in UTF-8. */
export function longerThan(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes at most three bytes, so almost no text has to be measured.
  return text.length * 3 > maxBytes && (text.length > maxBytes || Buffer.byteLength(text) > maxBytes)
}
