/** How this room asks the backend: through the bounds on calls and the breaker, with every failure as a value. */

import type { AuthorizeCall, ThreeScaleClient } from '../client/client.ts'
import type { Credentials } from '../domain/credentials.ts'
import { faultOf } from '../domain/rejection-codes.ts'
import type { NotAuthorized, Verdict } from '../domain/verdict.ts'
import {
  BackendError,
  CircuitOpenError,
  ClosedError,
  isThreeScaleError,
  ProtocolError,
  RejectedError,
  TimeoutError,
  TransportError,
} from '../errors.ts'
import type { CallMessage, Endpoint } from '../observe/messages.ts'
import type { Observer } from '../observe/observer.ts'
import { isAborted } from '../primitives/abort.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Breaker } from './breaker.ts'
import type { Bulkhead } from './bulkhead.ts'

/** When to ask a backend again that did not answer, in milliseconds, unless it said so itself. */
export const BACKEND_RETRY_MS = 1000

export type BackendAnswer =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'misconfigured'; readonly code: string; readonly reason: string }
  | {
      readonly kind: 'unavailable'
      readonly retryAfterMs: number | undefined
      /** An authrep was sent, and no answer says whether it was counted. */
      readonly mayHaveCounted: boolean
    }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' }
  /** The caller's credentials cannot be sent. */
  | { readonly kind: 'malformed' }

export interface BackendOptions {
  readonly clock: Clock
  readonly bulkhead: Bulkhead
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'misconfigured'>
}

export interface BackendCall {
  readonly endpoint: 'authorize' | 'authrep'
  readonly client: ThreeScaleClient
  readonly service: string | undefined
  readonly credentials: Credentials
  readonly call: AuthorizeCall
  /** The caller was let in before. */
  readonly known: boolean
}

/** Only its being answered counts: without usage it is denied for any limit, also those that the call does not touch. */
const PROBE: AuthorizeCall = Object.freeze({})

export class Backend {
  readonly #options: BackendOptions

  constructor(options: BackendOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async ask({ endpoint, client, service, credentials, call, known }: BackendCall): Promise<BackendAnswer> {
    const { bulkhead, breaker, clock } = this.#options
    if (!bulkhead.enter(known)) return { kind: 'overloaded' }
    const permit = breaker?.acquire() ?? 'pass'
    if (typeof permit === 'object') {
      bulkhead.leave(known)
      return { kind: 'unavailable', retryAfterMs: permit.retryAfterMs, mayHaveCounted: false }
    }
    // The breaker half-opens with an authorize, which counts nothing, whatever the call is.
    if (permit === 'probe' && endpoint === 'authrep') {
      bulkhead.leave(known)
      breaker?.drop(permit)
      const probe = await this.ask({ endpoint: 'authorize', client, service, credentials, call: PROBE, known })
      if (probe.kind !== 'verdict') return probe
      return await this.ask({ endpoint, client, service, credentials, call, known })
    }
    const name: Endpoint = 'clientId' in credentials ? `oauth_${endpoint}` : endpoint
    const began = clock.elapsed()
    try {
      const verdict = await client[endpoint](credentials, { ...call, service })
      breaker?.success()
      const code = verdict.authorized ? undefined : verdict.code
      const outcome = verdict.authorized ? 'authorized' : 'denied'
      this.#options.observer.called({
        endpoint: name,
        service,
        outcome,
        status: verdict.status,
        code,
        durationMs: clock.elapsed() - began,
      })
      if (!verdict.authorized && faultOf(verdict.code) === 'ours') return this.#misconfigured(verdict, client)
      return { kind: 'verdict', verdict }
    } catch (error) {
      if (call.caller !== undefined && isAborted(call.caller)) {
        breaker?.drop(permit)
        return { kind: 'aborted' }
      }
      return this.#failed(error, permit, { endpoint: name, service, durationMs: clock.elapsed() - began })
    } finally {
      bulkhead.leave(known)
    }
  }

  /** Whether the backend answers a question about a caller, which counts nothing. Never rejects. */
  async answers(client: ThreeScaleClient, service: string | undefined, credentials: Credentials): Promise<boolean> {
    const { kind } = await this.ask({ endpoint: 'authorize', client, service, credentials, call: PROBE, known: true })
    return kind === 'verdict' || kind === 'misconfigured'
  }

  #misconfigured(verdict: NotAuthorized, client: ThreeScaleClient): BackendAnswer {
    const { code, reason } = verdict
    this.#options.observer.misconfigured(code, client.withoutSecrets(reason))
    // Said about one usage, not about us as a whole: the ones who ask find out which.
    if (code === 'metric_invalid' || code === 'usage_value_invalid') return { kind: 'verdict', verdict }
    return { kind: 'misconfigured', code, reason }
  }

  #failed(
    error: unknown,
    permit: 'pass' | 'probe',
    about: Pick<CallMessage, 'endpoint' | 'service' | 'durationMs'>,
  ): BackendAnswer {
    const { breaker, observer } = this.#options
    const told = { ...about, code: isThreeScaleError(error) ? error.code : undefined, status: statusOf(error) }
    if (
      error instanceof TransportError ||
      error instanceof TimeoutError ||
      error instanceof BackendError ||
      error instanceof ProtocolError
    ) {
      breaker?.failure()
      observer.called({ ...told, outcome: 'failed' })
      return {
        kind: 'unavailable',
        retryAfterMs: error instanceof BackendError ? error.retryAfterMs : undefined,
        mayHaveCounted: about.endpoint.endsWith('authrep') && mayHaveCounted(error),
      }
    }
    breaker?.drop(permit)
    if (error instanceof CircuitOpenError)
      return { kind: 'unavailable', retryAfterMs: error.retryAfterMs, mayHaveCounted: false }
    if (error instanceof ClosedError) return { kind: 'closed' }
    if (error instanceof RejectedError) {
      observer.called({ ...told, outcome: 'refused' })
      observer.misconfigured(error.rejection, error.message)
      return { kind: 'misconfigured', code: error.rejection, reason: error.message }
    }
    // A ConfigError: the client refuses to send it, so it says nothing about the backend.
    return { kind: 'malformed' }
  }
}

/** As with reports: what was never sent, and what a busy backend turned away, is surely not counted. */
function mayHaveCounted(error: TransportError | TimeoutError | BackendError | ProtocolError): boolean {
  if (error instanceof BackendError) return error.status !== 429 && error.status !== 503
  return error instanceof ProtocolError || error.sent
}

function statusOf(error: unknown): number | undefined {
  return error instanceof BackendError || error instanceof ProtocolError ? error.status : undefined
}
