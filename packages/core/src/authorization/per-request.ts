/** Decides requests that the ledger cannot decide, by asking the backend about each of them. */
import { DECISION_EXTENSIONS } from '../backend/extensions.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Authorized, Verdict } from '../domain/verdict.ts'
import { countedByBackend } from '../ledger/answers/counted-by-backend.ts'
import type { QuestionStamp } from '../ledger/service-ledger.ts'
import { Batch } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'
import type { AuthorizationRequest, AuthorizerOptions, Decided } from './authorizer.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import { applicationOf } from './callers/application-of.ts'
import { type Identity, identityText } from './callers/identity.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { decideWithoutVerdict } from './decide-in-outage.ts'
import { DirectAdmission } from './direct-admission.ts'
import type { MeteredAdmission } from './metered-admission.ts'
import { refusalFromVerdict } from './refusal-from-verdict.ts'
import { overLimits } from './refusals.ts'
import { shareOf } from './share-of.ts'
import { countedAtOnce, waitsWithoutName } from './waits-without-name.ts'

/**
 * Makes one authrep, or an authorize where the usage is counted after the response. Where the application is kept, its
 * own count has to allow the request too. That count holds the usage of an authrep from before the call is sent.
 */
export async function decidePerRequest(
  cache: ServiceCache,
  request: AuthorizationRequest,
  options: AuthorizerOptions,
): Promise<Decided> {
  const { backend, clock, flush } = options
  const { credentials, referrer, policy, usage, view } = request
  const { service, ledger } = cache
  const identity = cache.identities.find(credentials, referrer)
  const text = identityText(credentials, referrer)
  const known = cache.isAccepted(text, identity)
  if (identity !== undefined) await flush(identity.application)
  const stamp = ledger.ledger.stampQuestion()
  const reserved = reserve(cache, identity, request, clock)
  if ('outcome' in reserved) return reserved
  const answer = await backend.ask({
    endpoint: policy.counts === 'now' ? 'authrep' : 'authorize',
    client: service.client,
    service: service.id,
    credentials,
    call: { usage: usage.usage, referrer, extensions: DECISION_EXTENSIONS, caller: view },
    known,
    share: shareOf(known, text, request, options),
  })
  if (answer.kind !== 'verdict') {
    reserved.undo()
    return decideWithoutVerdict(cache, request, answer, options)
  }
  const { verdict } = answer
  ledger.learnTime(stamp, verdict)
  if (!verdict.authorized) {
    reserved.undo()
    return refusalFromVerdict(verdict, usage, clock.now())
  }
  reserved.keep(verdict)
  if (identity === undefined && waitsWithoutName(request, verdict)) {
    return decidePerRequest(cache, countedAtOnce(request), options)
  }
  const admission = identity ?? admitOverflow(cache, request, verdict, stamp)
  if (policy.counts !== 'with-response-code') return new AllowedDecision('backend', usage, admission, policy)
  return countLater(admission, request, clock)
}

interface Reservation {
  keep(verdict: Verdict): void
  undo(): void
}

const NOTHING: Reservation = Object.freeze({ keep: () => {}, undo: () => {} })

function reserve(
  cache: ServiceCache,
  identity: Identity | undefined,
  { usage, policy }: AuthorizationRequest,
  clock: Clock,
): Reservation | Refusal {
  if (identity === undefined || identity.application.evicted) {
    return policy.counts === 'now' ? { ...NOTHING, keep: () => cache.ledger.countedElsewhere(usage) } : NOTHING
  }
  const { application } = identity
  const now = clock.now()
  const time = application.service.at(now)
  const footprint = application.planLimits.footprintOf(usage, now)
  if (!application.fits(footprint, time)) return overLimits(application, footprint, time)
  const row = policy.counts === 'now' ? application.reserve(footprint, time) : undefined
  if (row === undefined) return NOTHING
  const batch = new Batch(application.service, [{ application, row }], 'reserved')
  return {
    keep(verdict) {
      if (batch.state !== 'inFlight') return
      countedByBackend(application, row, verdict.usageReports)
      batch.acknowledge()
    },
    // Otherwise the closing gateway has given the batch up and announced that, so it is not undone.
    undo: () => {
      if (batch.state === 'inFlight') batch.undo()
    },
  }
}

/** For an application that is not kept. Usage known only after the response finds the application by its id. */
function admitOverflow(
  cache: ServiceCache,
  request: AuthorizationRequest,
  verdict: Authorized,
  { sentAt }: QuestionStamp,
): MeteredAdmission {
  return new DirectAdmission(cache.service, verdict, () => {
    const id = applicationOf(verdict, request.credentials)
    return id === undefined ? cache.ledger.unverified() : cache.overflow(id, request, sentAt)
  })
}

function countLater(admission: MeteredAdmission, { usage, policy }: AuthorizationRequest, clock: Clock): Decided {
  const { application } = admission
  const now = clock.now()
  const time = application.service.at(now)
  const footprint = application.planLimits.footprintOf(usage, now)
  if (!application.fits(footprint, time)) return overLimits(application, footprint, time)
  const row = application.countAsOwnTransaction(footprint, time)
  return new AwaitingDecision('backend', usage, admission, policy, row)
}
