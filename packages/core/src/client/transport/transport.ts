/** The seam below the client: one HTTP exchange. */

import type { TimeoutError, TransportError } from '../../errors.ts'
import type { AbortSource } from '../../primitives/abort.ts'

/** Test seam: an options object may carry another transport under this symbol. */
export const TRANSPORT: unique symbol = Symbol('threescale.transport')

export interface TransportRequest {
  readonly method: 'GET' | 'POST'
  /** Path with query, percent-encoded; the backend's path prefix included. */
  readonly path: string
  /** Names in lower case and values, in turn. */
  readonly headers: readonly string[]
  readonly body: string | undefined
  /** Milliseconds until the exchange fails, connecting included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Looked at right before the request is written: nothing is written for one who has left. */
  readonly caller?: AbortSource | undefined
  /** Whether an abort ends an exchange that is on the wire already, at the price of its connection. */
  readonly whenSent: 'abort' | 'finish'
}

export interface TransportResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** At least `MAX_BODY_BYTES` + 1 bytes of a body that is longer than that. */
  readonly body: Uint8Array
  /** Why the body is not complete, when it is not. */
  readonly failure?: TransportError | TimeoutError | undefined
}

/** Longer bodies are no answers of 3scale; reading ends there. */
export const MAX_BODY_BYTES = 262_144

export interface Transport {
  /**
   * Sends once. Never follows, never repeats, never decompresses.
   *
   * @throws TransportError, TimeoutError, or an Interruption by the signal, when no status came.
   */
  request(request: TransportRequest): Promise<TransportResponse>
  /** Ends all connections and whatever still runs on them. */
  close?(): Promise<void>
}
