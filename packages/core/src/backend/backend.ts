/** One call to the backend, within the bounds on calls and through the breaker, with every failure as a value. */
import type { AuthorizeCall, ThreeScaleClient } from '../client/client.ts'
import { MAX_RETRY_AFTER_MS } from '../defaults.ts'
import type { Credentials } from '../domain/credentials.ts'
import { faultOf } from '../domain/rejection-codes.ts'
import type { NotAuthorized, Verdict } from '../domain/verdict.ts'
import {
  ArgumentError,
  BackendError,
  CircuitOpenError,
  ClosedError,
  ConfigError,
  isThreeScaleError,
  ProtocolError,
  RejectedError,
  TimeoutError,
} from '../errors.ts'
import { failedCall } from '../observe/failed-call.ts'
import { kindSentence } from '../observe/kind-sentence.ts'
import type { CallMessage, Endpoint } from '../observe/messages.ts'
import type { Observer } from '../observe/observer.ts'
import { isAborted } from '../primitives/abort.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Breaker } from './breaker.ts'
import type { Bulkhead } from './bulkhead.ts'
import { CleanProbes, FOREIGN_CODE } from './clean-probe.ts'
import { isOutage, type OutageError } from './outage.ts'

/** How long to wait after a call without an answer, in milliseconds, unless the backend named a time itself. */
export const BACKEND_RETRY_MS = 1000

/** The code under which the operator is told of a call that our own settings or code make impossible. */
const CALL_IMPOSSIBLE = 'call_impossible'

export type BackendAnswer =
  /** A denial whose `foreign` is set is no answer of 3scale's, but 3scale answers: the caller's input caused it (law 3). */
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'misconfigured'; readonly code: string; readonly reason: string }
  | {
      readonly kind: 'unavailable'
      readonly retryAfterMs: number | undefined
      /** An authrep was sent, and no answer says whether it was counted. */
      readonly mayHaveCounted: boolean
    }
  /** Too many calls at once; also where the backend says so by 429 and the caller was never seen allowed. */
  | { readonly kind: 'overloaded'; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' }
  /** The caller's credentials cannot be sent. */
  | { readonly kind: 'malformed' }

export interface BackendOptions {
  readonly clock: Clock
  readonly bulkhead: Bulkhead
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'misconfigured' | 'warn'>
}

export interface BackendCall {
  readonly endpoint: 'authorize' | 'authrep'
  readonly client: ThreeScaleClient
  readonly service: string | undefined
  readonly credentials: Credentials
  readonly call: AuthorizeCall
  /** Whether the backend has accepted the caller before. */
  readonly known: boolean
  /** Whose calls share a part of the places; see `Bulkhead`. */
  readonly share: string
}

/**
 * A call without usage. Only whether it is answered matters, not the verdict. The backend denies it for any exceeded
 * limit, even for one that the actual call does not fall under.
 */
const PROBE: AuthorizeCall = Object.freeze({})

export class Backend {
  readonly #options: BackendOptions
  readonly #probes: CleanProbes

  constructor(options: BackendOptions) {
    this.#options = options
    this.#probes = new CleanProbes(options)
  }

  /** Never rejects. */
  async ask(question: BackendCall): Promise<BackendAnswer> {
    const { endpoint, client, service, credentials, call, known, share } = question
    const { bulkhead, breaker, clock } = this.#options
    if (!bulkhead.enter(known, share)) return OVERLOADED
    const permit = breaker?.acquire() ?? 'pass'
    if (typeof permit === 'object') {
      bulkhead.leave(known, share)
      return { kind: 'unavailable', retryAfterMs: permit.retryAfterMs, mayHaveCounted: false }
    }
    // The breaker half-opens with an authorize, whatever the call is, because an authorize counts nothing.
    if (permit === 'probe' && endpoint === 'authrep') {
      bulkhead.leave(known, share)
      breaker?.drop(permit)
      const probe = await this.ask({ ...question, endpoint: 'authorize', call: PROBE })
      if (probe.kind !== 'verdict') return probe
      return await this.ask(question)
    }
    const name: Endpoint = 'clientId' in credentials ? `oauth_${endpoint}` : endpoint
    const began = clock.elapsed()
    try {
      const unverifiedShare = known ? undefined : share
      const verdict = await client[endpoint](credentials, { ...call, service, unverifiedShare })
      const message = { endpoint: name, service, status: verdict.status, durationMs: clock.elapsed() - began }
      if (!verdict.authorized && verdict.foreign !== undefined) {
        const failure = await this.#judge(verdict.foreign, question, permit, message)
        if (failure !== undefined) return failure
      }
      breaker?.success()
      const code = verdict.authorized ? undefined : verdict.code
      const { observer } = this.#options
      observer.called({ ...message, outcome: verdict.authorized ? 'authorized' : 'denied', code })
      // Our own questions about an application may be of another kind than its callers.
      const otherKind = code === undefined || known ? undefined : kindSentence(credentials, code)
      if (otherKind !== undefined) {
        const whose = service === undefined ? 'callers' : `callers of service ${service}`
        observer.warn('THREESCALE_CREDENTIALS_KIND', `${whose} are denied: ${otherKind}`, { service })
      }
      if (!verdict.authorized && faultOf(verdict.code) === 'ours') return this.#misconfigured(verdict, client)
      return { kind: 'verdict', verdict }
    } catch (error) {
      if (call.caller !== undefined && isAborted(call.caller)) {
        breaker?.drop(permit)
        return { kind: 'aborted' }
      }
      return this.#failed(error, permit, question, { endpoint: name, service, durationMs: clock.elapsed() - began })
    } finally {
      bulkhead.leave(known, share)
    }
  }

  /** Whether the backend answers an `authorize` about a caller; counts nothing. Never rejects. */
  async answers(client: ThreeScaleClient, service: string | undefined, credentials: Credentials): Promise<boolean> {
    const question = { endpoint: 'authorize', client, service, credentials, call: PROBE } as const
    const { kind } = await this.ask({ ...question, known: true, share: 'reports' })
    return kind === 'verdict' || kind === 'misconfigured'
  }

  /**
   * Judges a 4xx that is not 3scale's by a clean probe. The call keeps its place meanwhile, so the bounds on calls hold for
   * waiting ones, too; the probe needs none.
   *
   * @returns undefined if 3scale answers, because then the answer is a denial that the caller caused.
   */
  async #judge(
    contentType: string,
    { client, service, call, known }: BackendCall,
    permit: 'pass' | 'probe',
    message: Omit<CallMessage, 'outcome' | 'code'> & { readonly status: number },
  ): Promise<BackendAnswer | undefined> {
    const { breaker, observer } = this.#options
    const foreign = { host: client.host, status: message.status, contentType }
    const result = await this.#probes.result(client, service, foreign, client.timeoutMs - message.durationMs)
    if (result === 'answered') return undefined
    observer.called({ ...message, outcome: 'failed', code: FOREIGN_CODE }, foreign)
    // The clean probe counted its failure itself, once for all that wait for it. But the breaker's probe must not go on.
    if (result === 'silent' && permit === 'probe') breaker?.failure()
    else breaker?.drop(permit)
    if (call.caller !== undefined && isAborted(call.caller)) return { kind: 'aborted' }
    // Without a result, or while 3scale is busy, it may be the caller's doing, so no policy lets an unknown caller in.
    if (result !== 'silent' && !known) return OVERLOADED
    return { kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted: false }
  }

  #misconfigured(verdict: NotAuthorized, client: ThreeScaleClient): BackendAnswer {
    const { code, reason } = verdict
    this.#options.observer.misconfigured(code, client.withoutSecrets(reason))
    // These codes refuse one usage, not our settings as a whole: the code that asked finds out which metric is meant.
    if (code === 'metric_invalid' || code === 'usage_value_invalid') return { kind: 'verdict', verdict }
    return { kind: 'misconfigured', code, reason }
  }

  #failed(
    error: unknown,
    permit: 'pass' | 'probe',
    { known, client }: BackendCall,
    call: Pick<CallMessage, 'endpoint' | 'service' | 'durationMs'>,
  ): BackendAnswer {
    const { breaker, observer } = this.#options
    const message = { ...call, code: isThreeScaleError(error) ? error.code : undefined, status: statusOf(error) }
    const retryAfterMs = retryAfterOf(error)
    const failure = failedCall(error, client.host)
    const counts = call.endpoint.endsWith('authrep')
    if (isBusy(error)) {
      // A flood causes it, and must not open the breaker for known callers, nor the door for unknown ones.
      breaker?.drop(permit)
      observer.called({ ...message, outcome: 'failed' }, failure)
      return known ? { kind: 'unavailable', retryAfterMs, mayHaveCounted: false } : { kind: 'overloaded', retryAfterMs }
    }
    if (error instanceof TimeoutError && error.crowdedOut) {
      // Not a failure of the backend, which answers others: too much is asked at once.
      breaker?.drop(permit)
      observer.called({ ...message, outcome: 'failed' }, failure)
      const mayHaveCounted = counts && error.sent
      return known ? { kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted } : OVERLOADED
    }
    if (isOutage(error)) {
      breaker?.failure()
      observer.called({ ...message, outcome: 'failed' }, failure)
      return { kind: 'unavailable', retryAfterMs, mayHaveCounted: counts && mayHaveCounted(error) }
    }
    breaker?.drop(permit)
    if (error instanceof CircuitOpenError)
      return { kind: 'unavailable', retryAfterMs: error.retryAfterMs, mayHaveCounted: false }
    if (error instanceof ClosedError) return { kind: 'closed' }
    if (error instanceof RejectedError) {
      observer.called({ ...message, outcome: 'refused' })
      observer.misconfigured(error.rejection, error.message)
      return { kind: 'misconfigured', code: error.rejection, reason: error.message }
    }
    // The client refuses to send the call, which says nothing about the backend.
    if (error instanceof ArgumentError) return { kind: 'malformed' }
    // The code that calls is at fault, as with a dispatcher that cannot be used. That is no outage, so no policy may let
    // a caller in. An error that is not ours keeps its message to itself, which may quote what was sent.
    const reason = error instanceof ConfigError ? error.message : 'the call could not be made'
    observer.called({ ...message, outcome: 'failed' })
    observer.misconfigured(CALL_IMPOSSIBLE, reason)
    return { kind: 'misconfigured', code: CALL_IMPOSSIBLE, reason }
  }
}

const OVERLOADED: BackendAnswer = Object.freeze({ kind: 'overloaded' })

function isBusy(error: unknown): boolean {
  return error instanceof BackendError && error.status === 429
}

function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof BackendError) || error.retryAfterMs === undefined) return undefined
  return Math.min(error.retryAfterMs, MAX_RETRY_AFTER_MS)
}

/** As with reports, a call that was never sent, or that a busy backend turned away, was surely not counted. */
function mayHaveCounted(error: OutageError): boolean {
  if (error instanceof BackendError) return error.status !== 503
  return error instanceof ProtocolError || error.sent
}

function statusOf(error: unknown): number | undefined {
  return error instanceof BackendError || error instanceof ProtocolError ? error.status : undefined
}
