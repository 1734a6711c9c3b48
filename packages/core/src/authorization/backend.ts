/** How this room asks the backend: through the bounds on calls and the breaker, with every failure as a value. */
import type { AuthorizeCall, ThreeScaleClient } from '../client/client.ts'
import { faultOf } from '../client/codes.ts'
import type { Credentials } from '../client/credentials.ts'
import type { NotAuthorized, Verdict } from '../client/verdict.ts'
import type { Clock } from '../clock.ts'
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
import type { Endpoint } from '../observe/messages.ts'
import type { Observer } from '../observe/observer.ts'

/** Bounds calls; half of them at most serve callers that were never let in. */
export interface CallGate {
  /** @returns what to call when the call has ended; undefined when there is no room. */
  enter(stranger: boolean): (() => void) | undefined
}

/** Pauses calls after failures in a row. */
export interface Breaker {
  /** @returns undefined when a call may go; else for how many milliseconds not to ask. */
  blocked(): number | undefined
  succeeded(): void
  failed(): void
}

export type BackendAnswer =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'misconfigured'; readonly code: string; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' }
  /** The caller's credentials cannot be sent. */
  | { readonly kind: 'malformed' }

export interface BackendOptions {
  readonly clock: Clock
  readonly gate: CallGate
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'misconfigured'>
}

export interface BackendCall {
  readonly endpoint: 'authorize' | 'authrep'
  readonly client: ThreeScaleClient
  readonly service: string | undefined
  readonly credentials: Credentials
  readonly call: AuthorizeCall
  /** The caller was never let in. */
  readonly stranger: boolean
}

export class Backend {
  readonly #options: BackendOptions

  constructor(options: BackendOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async ask({ endpoint, client, service, credentials, call, stranger }: BackendCall): Promise<BackendAnswer> {
    const { gate, breaker, clock } = this.#options
    const blockedMs = breaker?.blocked()
    if (blockedMs !== undefined) return { kind: 'unavailable', retryAfterMs: blockedMs }
    const leave = gate.enter(stranger)
    if (leave === undefined) return { kind: 'overloaded' }
    const name: Endpoint = 'clientId' in credentials ? `oauth_${endpoint}` : endpoint
    const began = clock.now()
    try {
      const verdict = await client[endpoint](credentials, { ...call, service })
      breaker?.succeeded()
      this.#options.observer.called({
        endpoint: name,
        service,
        outcome: verdict.authorized ? 'authorized' : 'denied',
        status: verdict.status,
        code: verdict.authorized ? undefined : verdict.code,
        durationMs: clock.now() - began,
      })
      if (!verdict.authorized && faultOf(verdict.code) === 'ours') return this.#misconfigured(verdict)
      return { kind: 'verdict', verdict }
    } catch (error) {
      if (call.signal?.aborted === true) return { kind: 'aborted' }
      return this.#failed(error, name, service, clock.now() - began)
    } finally {
      leave()
    }
  }

  #misconfigured(verdict: NotAuthorized): BackendAnswer {
    const { code, reason } = verdict
    // Said about one usage, not about us as a whole: the ones who ask find out which.
    if (code === 'metric_invalid' || code === 'usage_value_invalid') return { kind: 'verdict', verdict }
    this.#options.observer.misconfigured(code, reason)
    return { kind: 'misconfigured', code, reason }
  }

  #failed(error: unknown, endpoint: Endpoint, service: string | undefined, durationMs: number): BackendAnswer {
    const code = isThreeScaleError(error) ? error.code : undefined
    const told = { endpoint, service, durationMs, code, status: statusOf(error) }
    if (error instanceof ClosedError) return { kind: 'closed' }
    if (error instanceof CircuitOpenError) return { kind: 'unavailable', retryAfterMs: error.retryAfterMs }
    if (error instanceof RejectedError) {
      this.#options.breaker?.succeeded()
      this.#options.observer.called({ ...told, outcome: 'refused' })
      this.#options.observer.misconfigured(error.rejection, error.message)
      return { kind: 'misconfigured', code: error.rejection, reason: error.message }
    }
    if (
      error instanceof TransportError ||
      error instanceof TimeoutError ||
      error instanceof BackendError ||
      error instanceof ProtocolError
    ) {
      this.#options.breaker?.failed()
      this.#options.observer.called({ ...told, outcome: 'failed' })
      return { kind: 'unavailable', retryAfterMs: error instanceof BackendError ? error.retryAfterMs : undefined }
    }
    // A ConfigError: what the client will not send is refused before the first byte, so no failure of the backend.
    return { kind: 'malformed' }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof BackendError || error instanceof ProtocolError ? error.status : undefined
}
