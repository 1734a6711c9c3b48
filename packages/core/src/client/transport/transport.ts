/** The seam below the client: one HTTP exchange. */

import type { TimeoutError, TransportError } from '../../errors.ts'
import type { AbortSource } from '../../primitives/abort.ts'

/** Test seam: an options object may carry another transport under this symbol. */
export const TRANSPORT: unique symbol = Symbol.for('threescale.transport')

export interface TransportRequest {
  readonly method: 'GET' | 'POST'
  /** Path with query, percent-encoded; the backend's path prefix included. */
  readonly path: string
  /** Names in lower case and values, alternating. */
  readonly headers: readonly string[]
  readonly body: string | undefined
  /** Milliseconds until the exchange fails, connecting included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /**
   * Where it waits for a connection. Requests of one line wait in their order; lines take turns, so that none waits
   * behind all of another. A second name is a line within the first, whose turns it shares.
   */
  readonly line: readonly [string, string?]
  /** Checked right before the request is written: if the client has disconnected, nothing is written. */
  readonly caller?: AbortSource | undefined
  /** Whether an abort ends an exchange that was already written, and its connection with it. */
  readonly whenSent: 'abort' | 'finish'
  /** Reading stops beyond this. Default `MAX_BODY_BYTES`. */
  readonly maxBodyBytes?: number | undefined
}

export interface TransportResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The whole body, or more than the most that is read of a longer one. */
  readonly body: Uint8Array
  /** Why the body is incomplete; undefined if it is complete. */
  readonly failure?: TransportError | TimeoutError | undefined
}

/** Reading stops beyond this: a longer body is not an answer of 3scale. */
export const MAX_BODY_BYTES = 262_144

export interface Transport {
  /**
   * Sends once: no redirects, no retries, no decompression.
   *
   * @throws TransportError, TimeoutError or CallAborted, if no status arrived.
   */
  request(request: TransportRequest): Promise<TransportResponse>
  /** Ends all connections and the exchanges that still run on them. */
  close?(): Promise<void>
}
