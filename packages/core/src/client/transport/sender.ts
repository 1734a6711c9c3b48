/** Sends calls: one deadline for all attempts of a call; repeats a call only if it cannot be counted twice. */

import { ClosedError, TransportError } from '../../errors.ts'
import { isAborted } from '../../primitives/abort.ts'
import type { Clock } from '../../primitives/clock.ts'
import { CallAborted, callerLeft } from './call-aborted.ts'
import type { Transport, TransportRequest, TransportResponse } from './transport.ts'

/** One call; the sender adds the time-out. */
export interface Outgoing extends Omit<TransportRequest, 'timeoutMs'> {
  /** Whether it may be sent twice. */
  readonly repeatable: boolean
}

export interface Sender {
  readonly closed: boolean
  /**
   * @throws what the transport throws, also if the body of a status below 400 is cut off; ClosedError after `close`.
   */
  send(call: Outgoing): Promise<TransportResponse>
  /** Waits for running calls, at most until their deadlines, then closes the transport. Idempotent. */
  close(): Promise<void>
}

export interface SenderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly timeoutMs: number
  /** Further attempts after a failed connection. */
  readonly retry: number
}

export function createSender({ transport, clock, timeoutMs, retry }: SenderOptions): Sender {
  let running = 0
  let closed: Promise<void> | undefined
  let onIdle: (() => void) | undefined

  return {
    get closed() {
      return closed !== undefined
    },
    async send(call) {
      if (closed !== undefined) throw new ClosedError('the client is closed')
      running++
      try {
        const deadline = retry > 0 ? clock.elapsed() + timeoutMs : 0
        for (let attempt = 0; ; attempt++) {
          if (call.signal?.aborted) throw new CallAborted(call.signal.reason, false)
          if (call.caller !== undefined && isAborted(call.caller)) throw new CallAborted(callerLeft(), false)
          let failure: unknown
          try {
            const response = await transport.request(
              requestOf(call, attempt === 0 ? timeoutMs : deadline - clock.elapsed()),
            )
            if (!brokeOff(response)) return response
            failure = response.failure
          } catch (error) {
            failure = error
          }
          const again = failure instanceof TransportError && (call.repeatable || !failure.sent)
          if (!again || attempt >= retry || clock.elapsed() >= deadline) throw failure
        }
      } finally {
        if (--running === 0) onIdle?.()
      }
    },
    close() {
      closed ??= (async () => {
        if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve))
        await transport.close?.()
      })()
      return closed
    },
  }
}

/** A status below 400 says nothing without its body; the status of a denial or an error is enough. */
function brokeOff(response: TransportResponse): boolean {
  return response.failure !== undefined && response.status < 400
}

/** Not a spread, which would take a tenth of the client's time for a call. */
function requestOf(call: Outgoing, timeoutMs: number): TransportRequest {
  const { method, path, headers, body, signal, line, caller, whenSent } = call
  return { method, path, headers, body, timeoutMs, signal, line, caller, whenSent }
}
