/** One call to the backend a request, as the classic 3scale plugins do; nothing is remembered. */
import { AllowedDecision, type Grant } from '../allowed.ts'
import type { Authorized, UsageReport, Verdict } from '../client/verdict.ts'
import type { Clock } from '../clock.ts'
import type { Refusal } from '../decision.ts'
import type { Observer } from '../observe/observer.ts'
import type { ProtectedService } from '../terms.ts'
import type { Authorizer, Question } from './authorizer.ts'
import { CLIENT_CLOSED, refusalOf, UNAVAILABLE } from './refusals.ts'

// list_app_keys brings the application's id also for user keys.
const EXTENSIONS = { rejectionReasonHeader: true, limitHeaders: true, listAppKeys: true } as const

/** Asks by authrep, or by authorize where the usage is counted after the response or never. */
export function createDirectAuthorizer(clock: Clock, observer: Observer): Authorizer {
  async function decide(question: Question): Promise<AllowedDecision | Refusal> {
    const { service, usage, terms, view } = question
    let verdict: Verdict
    try {
      verdict = await ask(question)
    } catch {
      if (terms.onUnavailable !== 'allow') return UNAVAILABLE
      return new AllowedDecision('policy', usage, unknownCaller(service), terms)
    }
    // The call on the wire was let finish; nobody waits for the handler any more.
    if (view.signal?.aborted) return CLIENT_CLOSED
    if (!verdict.authorized) {
      const refusal = refusalOf(verdict, usage, clock.now())
      if (refusal.code === 'gateway_misconfigured')
        observer.misconfigured(verdict.code, verdict.reason, Object.values(question.credentials))
      return refusal
    }
    return new AllowedDecision('backend', usage, grantOf(service, verdict), terms)
  }

  return { decide, settle() {} }
}

function ask({ service, credentials, usage, referrer, terms, view }: Question): Promise<Verdict> {
  const call = {
    service: service.id,
    usage: usage.usage,
    referrer,
    extensions: EXTENSIONS,
    signal: view.signal,
    whenSent: 'finish',
  } as const
  return terms.counts === 'now'
    ? service.client.authrep(credentials, call)
    : service.client.authorize(credentials, call)
}

function grantOf(service: ProtectedService, verdict: Authorized): Grant {
  return {
    service,
    get application() {
      return { id: verdict.application.id }
    },
    get plan() {
      return verdict.plan
    },
    limits: () => verdict.usageReports,
  }
}

const NO_LIMITS: readonly UsageReport[] = Object.freeze([])

function unknownCaller(service: ProtectedService): Grant {
  return { service, application: { id: undefined }, plan: undefined, limits: () => NO_LIMITS }
}
