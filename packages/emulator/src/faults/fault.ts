/** What may go wrong on purpose, in the JSON form of `setFaults` and the control API. */
import type { EndpointName } from '../http/routes.ts'

interface FaultBase {
  /** Only calls of this endpoint. Default: all five. */
  endpoint?: EndpointName
  /** Share of the calls hit, spread evenly, so that runs repeat. Default 1. */
  rate?: number
  /** How many calls are hit before the fault is spent. Default: no end. */
  count?: number
  /**
   * Before: the call is not counted, whatever comes back. After: it is counted, then the fault hits. Default before;
   * latency counts the call in any case, at the start or at the end of the wait.
   */
  when?: 'before' | 'after'
}

/** Waits `ms` before it answers; further faults may follow. */
export interface LatencyFault extends FaultBase {
  kind: 'latency'
  ms: number
}

/** Answers with another status, an empty or given body and the given content type (default text/plain). */
export interface StatusFault extends FaultBase {
  kind: 'status'
  status: number
  body?: string
  content_type?: string
}

/** reset: the connection is reset. stall: no answer ever comes. garbage: a 200 whose body is no document. */
export interface ConnectionFault extends FaultBase {
  kind: 'reset' | 'stall' | 'garbage'
}

/** Cuts the body after `bytes` (default: half of it) and then the connection. */
export interface TruncateFault extends FaultBase {
  kind: 'truncate'
  bytes?: number
}

export type Fault = LatencyFault | StatusFault | ConnectionFault | TruncateFault
