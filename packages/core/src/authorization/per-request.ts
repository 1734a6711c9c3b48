/** Requests that the ledger cannot decide: the backend authorizes and counts each of them. */
import { AllowedDecision } from '../allowed.ts'
import type { Clock } from '../clock.ts'
import type { Refusal } from '../decision.ts'
import { Batch } from '../ledger/batch.ts'
import type { UsageRow } from '../ledger/usage-row.ts'
import type { Question } from './authorizer.ts'
import type { Backend, BackendAnswer } from './backend.ts'
import { type Identity, secretsOf } from './identity.ts'
import { overLimits } from './local-refusals.ts'
import { refusalOf } from './refusals.ts'
import type { ServiceCache } from './service-cache.ts'
import type { Decided } from './waiter.ts'

export interface PerRequest {
  readonly backend: Backend
  readonly cache: ServiceCache
  readonly question: Question
  readonly clock: Clock
  byPolicy(answer: BackendAnswer): Decided
}

/**
 * One authrep (an authorize where nothing is to be counted now). Where the application is kept, its own count has to
 * agree as well, and holds the usage from before the question on.
 */
export async function decidePerRequest(task: PerRequest): Promise<Decided> {
  const { backend, cache, question, clock } = task
  const { credentials, referrer, terms, usage, view } = question
  const identity = cache.identities.find(credentials, referrer)
  const { ledger } = cache.ledger
  const counts = terms.counts === 'now' || terms.counts === 'with-response-code'
  if (identity !== undefined) await ledger.flusher?.(identity.account)
  const reserved = reserve(identity, question, counts, clock)
  if (reserved !== undefined && 'outcome' in reserved) return reserved
  const answer = await backend.ask({
    endpoint: counts ? 'authrep' : 'authorize',
    client: cache.service.client,
    service: cache.service.id,
    credentials,
    call: { usage: usage.usage, referrer, caller: view },
    known: identity !== undefined,
  })
  if (answer.kind !== 'verdict') {
    reserved?.undo()
    return task.byPolicy(answer)
  }
  const { verdict } = answer
  if (!verdict.authorized) {
    reserved?.undo()
    return { ...refusalOf(verdict, usage, clock.now()), secrets: secretsOf(credentials, referrer) }
  }
  if (reserved !== undefined) reserved.keep()
  else if (counts) cache.ledger.countedElsewhere(usage)
  const grant = identity ?? {
    service: cache.service,
    application: { id: verdict.application.id },
    plan: verdict.plan,
    limits: () => verdict.usageReports,
  }
  return new AllowedDecision('backend', usage, grant, terms)
}

interface Reservation {
  keep(): void
  undo(): void
}

function reserve(
  identity: Identity | undefined,
  { usage, terms }: Question,
  counts: boolean,
  clock: Clock,
): Reservation | Refusal | undefined {
  if (identity === undefined || identity.account.evicted) return undefined
  const { account } = identity
  const now = clock.now()
  const time = account.service.at(now)
  const touched = account.layout.touched(usage, now)
  if (!account.fits(touched, time)) return overLimits(account, touched, time)
  if (!counts || terms.counts === 'never') return undefined
  const row: UsageRow | undefined = account.reserve(touched, time)
  if (row === undefined) return undefined
  const batch = new Batch(account.service, [row], now)
  return {
    keep: () => batch.acknowledge(clock.now()),
    undo: () => batch.undo(clock.now()),
  }
}
