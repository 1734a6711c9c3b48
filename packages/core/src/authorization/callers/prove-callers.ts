/** Notes which callers an answer has proved, and refuses those that it has disproved. */
import { strippedKey } from '../../domain/storage-key.ts'
import type { Verdict } from '../../domain/verdict.ts'
import type { QuestionStamp } from '../../ledger/service-ledger.ts'
import type { AnyCredentials, Identity } from './identity.ts'
import type { ServiceCache } from './service-cache.ts'

/** A list of so many keys may be cut off (apisonator docs/extensions.md, list_app_keys). */
const MAX_LISTED_KEYS = 256

/** Notes that the caller of the question is good, and with it all other callers that the answer proves. */
export function proveCallers(cache: ServiceCache, identity: Identity, verdict: Verdict, stamp: QuestionStamp): void {
  const headStartMs = headStartOf(cache, identity)
  prove(cache, identity, stamp)
  proveByKeys(cache, identity, verdict, stamp)
  identity.earlyMs = headStartMs
}

function prove(cache: ServiceCache, identity: Identity, { askedAt }: QuestionStamp): void {
  identity.earlyMs = 0
  // Assigned, not `Math.max`: after the clock was set back no later answer would ever count as newer.
  identity.provedAt = askedAt
  identity.epoch = cache.ledger.epoch
}

/** Only a new caller has a head start. Callers that one answer proves together share one. */
function headStartOf(cache: ServiceCache, identity: Identity): number {
  if (identity.provedAt !== Number.NEGATIVE_INFINITY) return 0
  for (let older = identity.sibling; identity.sharesProof && older !== undefined; older = older.sibling) {
    if (older.sharesProof) return older.earlyMs
  }
  return cache.headStarts.next()
}

/** The list of an application's keys tells about all callers that identify by id and key alone. */
function proveByKeys(cache: ServiceCache, asked: Identity, { appKeys }: Verdict, stamp: QuestionStamp): void {
  if (appKeys === undefined) return
  const keys = new Set(appKeys)
  // The backend has just accepted this key. If the list does not show it, a key was written that looks like several.
  if (keys.size > 0 && keys.size < MAX_LISTED_KEYS && !lists(keys, asked)) return
  for (const identity of cache.identities.of(asked.application)) {
    if (!identity.sharesProof) continue
    const { clientId, appKey } = identity.credentials as AnyCredentials
    const good = appKey === undefined ? clientId !== undefined || keys.size === 0 : lists(keys, identity)
    if (good || (keys.size === 0 && clientId === undefined)) prove(cache, identity, stamp)
    else if (keys.size < MAX_LISTED_KEYS && identity.provedAt < stamp.askedAt) cache.revoke(identity)
  }
}

/** Whether a list of keys holds all keys of its application, as far as the caller shows that the answer accepted. */
export function listsAllKeys(appKeys: readonly string[], asked: Identity): boolean {
  const keys = new Set(appKeys)
  return keys.size > 0 && keys.size < MAX_LISTED_KEYS && lists(keys, asked)
}

/** Whether the caller's key is listed; true for a caller without one. */
function lists(keys: ReadonlySet<string>, { credentials }: Identity): boolean {
  const { appKey } = credentials as AnyCredentials
  return appKey === undefined || keys.has(strippedKey(appKey))
}
