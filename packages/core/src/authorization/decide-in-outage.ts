/** Who passes while the backend does not answer, and what becomes of their usage. */

import type { BackendAnswer } from '../backend/backend.ts'
import type { ResolvedReport } from '../configuration/options/resolved-options.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { Application } from '../ledger/application-ledger.ts'
import { Batch } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Decided, Question } from './authorizer.ts'
import { type Identity, identityText } from './callers/identity.ts'
import { refusalOf } from './callers/remembered-denials.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { decideLocally } from './decide-by-limits.ts'
import { overLimits, refuse, unavailable } from './local-refusals.ts'

const RETRY_MS = 1000

export type Outage = Extract<BackendAnswer, { kind: 'unavailable' }>

export interface PolicyContext {
  readonly clock: Clock
  readonly ambiguous?: ResolvedReport['ambiguous'] | undefined
}

/**
 * Nobody whose last word from the backend was a denial passes, under any policy. A known caller passes within the limits
 * as last known; a stranger only under 'allow', and his usage is kept apart until an answer proves it.
 */
export function decideByPolicy(
  cache: ServiceCache,
  question: Question,
  outage: Outage,
  context: PolicyContext,
): Decided {
  const { credentials, referrer, usage, terms } = question
  const refusal = unavailable(context.clock.now() + (outage.retryAfterMs ?? RETRY_MS))
  if (terms.onUnavailable === 'deny') return refusal
  const identity = cache.identities.find(credentials, referrer)
  const text = identityText(credentials, referrer)
  const denial = identity?.account.denial ?? cache.ledger.denial ?? cache.denials.last(text)
  if (denial !== undefined) return refusalOf(denial)
  if (identity !== undefined) {
    const { account } = identity
    const kept = account.evicted ? cache.ledger.application(account.id!) : account
    if (kept === undefined) return refuse('overloaded')
    identity.account = kept
    if (terms.onUnavailable === 'last-known' && !knowsLimits(kept, usage)) return refusal
    return admit(identity, question, outage, context)
  }
  if (terms.onUnavailable === 'last-known') return refusal
  const stranger = cache.admitStranger(text, credentials, referrer)
  return stranger === undefined ? refuse('overloaded') : admit(stranger, question, outage, context)
}

/**
 * Whether it is known, be it of long ago, which limits hold for the usage. They went with an application that was forgotten,
 * and when our clock turned out to be wrong; and the first usage of a metric may have an ancestor that nobody has asked about.
 */
function knowsLimits(account: Application, usage: UsageShape): boolean {
  return account.answered && !account.layout.mayHideLimits(usage)
}

function admit(identity: Identity, question: Question, outage: Outage, { clock, ambiguous }: PolicyContext): Decided {
  const { usage, terms } = question
  const { account } = identity
  const now = clock.now()
  const touched = account.layout.touched(usage, now)
  const counts = terms.counts === 'now' || terms.counts === 'with-response-code'
  if (!outage.mayHaveCounted || !counts || ambiguous === 'count-again') {
    return decideLocally(identity, touched, question.usage, question.terms, now, 'policy')
  }
  // The call without an answer may have counted this very usage, and no later answer tells.
  const time = account.service.at(now)
  if (!account.fits(touched, time)) return overLimits(account, touched, time)
  const row = account.reserve(touched, time)
  if (row !== undefined) new Batch(account.service, [row]).giveUp('ambiguous', true)
  return new AllowedDecision('policy', usage, identity, terms)
}

/** What becomes of a request whose question to the backend brought no verdict. */
export function decideWithoutVerdict(
  cache: ServiceCache,
  question: Question,
  answer: Exclude<BackendAnswer, { kind: 'verdict' }>,
  context: PolicyContext,
): Decided {
  switch (answer.kind) {
    case 'unavailable':
      return decideByPolicy(cache, question, answer, context)
    case 'overloaded':
      return refuse('overloaded')
    case 'closed':
      return refuse('gateway_closed')
    case 'aborted':
      return refuse('client_closed_request')
    case 'malformed':
      return refuse('credentials_malformed')
    case 'misconfigured':
      return refuse('gateway_misconfigured')
  }
}
