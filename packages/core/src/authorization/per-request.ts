/** Requests that the ledger cannot decide: the backend is asked about each of them. */

import type { Backend, BackendAnswer } from '../backend/backend.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Refusal } from '../decision/decision.ts'
import type { Authorized, Verdict } from '../domain/verdict.ts'
import { bookedAtBackend } from '../ledger/answers/counted-by-backend.ts'
import type { OpenQuestion } from '../ledger/service-ledger.ts'
import { Batch } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Decided, Question } from './authorizer.ts'
import type { Identity } from './callers/identity.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { DirectGrant } from './direct-grant.ts'
import { overLimits } from './local-refusals.ts'
import { refusalOf } from './refusals.ts'
import { type AccountGrant, HeldGrant } from './settle-response.ts'

export interface PerRequest {
  readonly backend: Backend
  readonly cache: ServiceCache
  readonly question: Question
  readonly clock: Clock
  byPolicy(answer: Exclude<BackendAnswer, { kind: 'verdict' }>): Decided
}

/**
 * One authrep, or an authorize where the usage is counted after the response. Where the application is kept, its own
 * count has to agree as well, and holds the usage of an authrep from before the question on.
 */
export async function decidePerRequest(task: PerRequest): Promise<Decided> {
  const { backend, cache, question, clock } = task
  const { credentials, referrer, terms, usage, view } = question
  const identity = cache.identities.find(credentials, referrer)
  if (identity !== undefined) await cache.ledger.ledger.flusher?.(identity.account)
  const opened = cache.ledger.ledger.openQuestion()
  const reserved = reserve(cache, identity, question, clock)
  if ('outcome' in reserved) return reserved
  const answer = await backend.ask({
    endpoint: terms.counts === 'now' ? 'authrep' : 'authorize',
    client: cache.service.client,
    service: cache.service.id,
    credentials,
    call: { usage: usage.usage, referrer, extensions: EXTENSIONS, caller: view },
    known: identity !== undefined,
  })
  if (answer.kind !== 'verdict') {
    reserved.undo()
    return task.byPolicy(answer)
  }
  const { verdict } = answer
  cache.ledger.learnTime(opened, verdict.usageReports)
  if (!verdict.authorized) {
    reserved.undo()
    return refusalOf(verdict, usage, clock.now())
  }
  reserved.keep(verdict)
  const grant = identity ?? grantOutside(task, verdict, opened)
  if (terms.counts !== 'with-response-code') return new AllowedDecision('backend', usage, grant, terms)
  return countLater(grant, question, clock)
}

const EXTENSIONS = Object.freeze({ listAppKeys: true, limitHeaders: true })

interface Reservation {
  keep(verdict: Verdict): void
  undo(): void
}

const NOTHING: Reservation = Object.freeze({ keep: () => {}, undo: () => {} })

function reserve(
  cache: ServiceCache,
  identity: Identity | undefined,
  { usage, terms }: Question,
  clock: Clock,
): Reservation | Refusal {
  if (identity === undefined || identity.account.evicted) {
    return terms.counts === 'now' ? { ...NOTHING, keep: () => cache.ledger.countedElsewhere(usage) } : NOTHING
  }
  const { account } = identity
  const now = clock.now()
  const time = account.service.at(now)
  const touched = account.layout.touched(usage, now)
  if (!account.fits(touched, time)) return overLimits(account, touched, time)
  const row = terms.counts === 'now' ? account.reserve(touched, time) : undefined
  if (row === undefined) return NOTHING
  const batch = new Batch(account.service, [row])
  return {
    keep(verdict) {
      if (batch.state !== 'inFlight') return
      bookedAtBackend(row, verdict.usageReports)
      batch.acknowledge()
    },
    // Given up while it was under way, because the gateway closed: said once, and not taken back.
    undo: () => {
      if (batch.state === 'inFlight') batch.undo()
    },
  }
}

/** For an application that is not kept; what is known only after the response finds it by its id. */
function grantOutside({ cache, question }: PerRequest, verdict: Authorized, { askedAt }: OpenQuestion): AccountGrant {
  return new DirectGrant(cache.service, verdict, () => {
    const { id } = verdict.application
    return id === undefined ? cache.ledger.ledger.stranger(cache.ledger) : cache.outsider(id, question, askedAt)
  })
}

function countLater(grant: AccountGrant, { usage, terms }: Question, clock: Clock): Decided {
  const { account } = grant
  const now = clock.now()
  const time = account.service.at(now)
  const touched = account.layout.touched(usage, now)
  if (!account.fits(touched, time)) return overLimits(account, touched, time)
  const row = account.countSeparately(touched, time)
  return new AllowedDecision('backend', usage, new HeldGrant(grant, row), terms)
}
