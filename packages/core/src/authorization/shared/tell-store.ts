/** Tells a store what an answer of 3scale said, so that all processes go by it. */
import { strippedKey } from '../../domain/storage-key.ts'
import type { UsageReport, Verdict } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { FOREVER } from '../../ledger/plan/layout.ts'
import { sorted } from '../../ledger/plan/layouts.ts'
import type { StoredAnswer } from '../../ledger/store.ts'
import { applicationOf } from '../callers/application-of.ts'
import type { HeardVerdict } from '../callers/cache-loader.ts'
import { type AnyCredentials, type Identity, identityText } from '../callers/identity.ts'
import { listsAllKeys } from '../callers/prove-callers.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { handOver } from './hand-over.ts'
import type { StoredService } from './stored-service.ts'

/**
 * Resolves when all processes go by the answer. Never rejects.
 *
 * @param askedAt when the question was sent, by the store's time.
 */
export async function tellStore(
  stored: StoredService,
  cache: ServiceCache,
  { verdict, asked, caller }: HeardVerdict,
  askedAt: number,
): Promise<void> {
  const text = identityText(asked.credentials, asked.referrer)
  if (caller.kind === 'known') {
    const { identity } = caller
    tellAccepted(stored, identity, verdict, text, askedAt)
    await apply(stored, identity.application, verdict, askedAt)
    handOver(stored, identity.application)
  } else if (caller.kind === 'denied' && !isForeign(verdict)) {
    const { code, reason } = caller.denial
    stored.store.callers.denied(text, { code, reason, askedAt })
    const id = applicationOf(verdict, asked.credentials)
    const application = id === undefined ? undefined : cache.ledger.applications.get(id)
    // A 409 carries the stored counts of the application, whichever of its callers the question was about.
    if (application === undefined || verdict.status !== 409 || !verdict.readable) return
    await apply(stored, application, verdict, askedAt)
  }
}

function isForeign(verdict: Verdict): boolean {
  return !verdict.authorized && verdict.foreign !== undefined
}

function tellAccepted(
  { store }: StoredService,
  identity: Identity,
  { appKeys }: Verdict,
  text: string,
  askedAt: number,
): void {
  const { appKey } = identity.credentials as AnyCredentials
  const application = identity.application.id!
  // A list of keys does not prove other fields of a caller.
  const key = appKey === undefined || !identity.sharesProof ? undefined : strippedKey(appKey)
  store.callers.accepted(text, { application, key, askedAt })
  if (appKeys !== undefined && listsAllKeys(appKeys, identity)) store.callers.keep(application, appKeys, askedAt)
}

function apply(stored: StoredService, application: ApplicationLedger, verdict: Verdict, asked: number): Promise<void> {
  const { store, layouts } = stored
  const reports = sorted(verdict.usageReports)
  const answer: StoredAnswer = {
    asked,
    layout: () => layouts.of(reports),
    windows: reports.map(windowIn),
  }
  return store.apply(stored.application(application), answer)
}

function windowIn({ start, end, current }: UsageReport): StoredAnswer['windows'][number] {
  return { start: start?.getTime() ?? 0, end: end?.getTime() ?? FOREVER, current }
}
