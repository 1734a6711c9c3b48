/** How an answer of the backend changes what is remembered of a service. */
import { secretsOf } from '../../domain/credentials.ts'
import type { RememberedDenial } from '../../domain/remembered-denial.ts'
import type { NotAuthorized, Verdict } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { giveUpWaiting } from '../../ledger/usage/losses.ts'
import { detachString } from '../../primitives/detach-string.ts'
import { publicReason } from '../../rejection/public-reason.ts'
import { interpretVerdict } from '../interpret-verdict.ts'
import { applicationOf } from './application-of.ts'
import type { AskedFor, CallerStatus } from './caller-status.ts'
import { identityText } from './identity.ts'
import { proveCallers } from './prove-callers.ts'
import { type ServiceCache, UNKNOWN_KEY } from './service-cache.ts'

// A bound, because metric names that are computed from requests could be any number.
const MAX_BAD_METRICS = 1000

/** Applies an answer to cache and ledger. @returns what it tells about the caller that was asked about. */
export function learnVerdict(cache: ServiceCache, verdict: Verdict, asked: AskedFor, now: number): CallerStatus {
  const meaning = interpretVerdict(verdict, asked.metrics)
  switch (meaning.kind) {
    case 'good':
      return learnAllowed(cache, verdict, asked)
    case 'usage':
      return learnBadMetric(cache, verdict as NotAuthorized, meaning.metric, now)
    case 'provider':
      return { kind: 'provider', reason: meaning.verdict.reason }
    case 'denied':
      return { kind: 'denied', denial: learnDenied(cache, meaning.verdict, meaning.scope, asked, now) }
  }
}

function learnAllowed(cache: ServiceCache, verdict: Verdict, asked: AskedFor): CallerStatus {
  const { credentials, referrer, metrics, stamp } = asked
  const { ledger } = cache
  const id = applicationOf(verdict, credentials)
  const text = identityText(credentials, referrer)
  const application = id === undefined || !verdict.readable ? undefined : ledger.application(id)
  if (application === undefined) {
    cache.accept(text)
    ledger.applyToOverflow(id, stamp, verdict, metrics)
    return { kind: 'unkept' }
  }
  ledger.apply(application, stamp, verdict, metrics)
  application.denial = undefined
  ledger.denial = undefined
  cache.denials.forget(text)
  adoptUnverified(cache, text, application)
  const identity = cache.identities.remember(cache.service, credentials, referrer, application)
  proveCallers(cache, identity, verdict, stamp)
  return { kind: 'known', identity }
}

/** Moves the usage of a caller that was admitted unverified to its application, once that is known. */
export function adoptUnverified(cache: ServiceCache, text: string, application: ApplicationLedger): void {
  const unverified = cache.unverified.get(text)
  if (unverified === undefined) return
  cache.unverified.delete(text)
  cache.ledger.adopt(unverified.application, application)
  // Decisions whose responses have not ended count for this application from now on.
  unverified.application = application
}

function learnBadMetric(
  cache: ServiceCache,
  { reason }: NotAuthorized,
  metric: string | undefined,
  now: number,
): CallerStatus {
  if (metric !== undefined) {
    if (cache.badMetrics.size >= MAX_BAD_METRICS) cache.badMetrics.clear()
    const kept = detachString(publicReason(reason))
    cache.badMetrics.set(metric, { reason: kept, until: now + cache.settings.denialTtlMs })
    cache.ledger.disprove(metric)
  }
  return { kind: 'usage', metric, reason }
}

function learnDenied(
  cache: ServiceCache,
  verdict: NotAuthorized,
  scope: 'identity' | 'application' | 'service',
  { credentials, referrer, stamp }: AskedFor,
  now: number,
): RememberedDenial {
  // Both are parts of the answer, which they would pin. The sentence quotes what the caller sent, which may be long.
  const code = detachString(verdict.code)
  const reason = detachString(publicReason(verdict.reason, secretsOf(credentials, referrer)))
  const { ledger } = cache
  const text = identityText(credentials, referrer)
  cache.reject(text)
  const identity = cache.identities.find(credentials, referrer)
  const id = applicationOf(verdict, credentials)
  const application = identity?.application ?? (id === undefined ? undefined : ledger.applications.get(id))
  const toldOfAnother = verdict.application.id !== undefined && application?.id !== id
  // A 409 carries the stored counts of the application, whichever of its callers the question was about.
  if (application !== undefined && !toldOfAnother && verdict.status === 409 && verdict.readable) {
    ledger.apply(application, stamp, verdict, [])
  }
  const general = { code, reason, until: now + cache.settings.denialTtlMs }
  if (scope === 'service') ledger.denial = general
  else if (scope === 'application' && application !== undefined) application.denial = general
  if (scope === 'identity' && identity !== undefined) cache.revoke(identity)
  if (code === UNKNOWN_KEY && identity !== undefined) cache.noteUnknownKey(identity.application)
  const deleted = code === 'application_not_found' ? (application ?? ledger.overflowOf(id)) : undefined
  if (deleted !== undefined) cache.dropDeleted(deleted)
  const unverified = cache.unverified.get(text)
  if (unverified !== undefined && scope === 'identity') {
    cache.unverified.delete(text)
    giveUpWaiting(unverified.application, 'unproven')
  }
  return cache.denials.remember(text, code, reason, now)
}
