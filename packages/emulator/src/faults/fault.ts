/** Faults on purpose, in the JSON form of `setFaults` and the control API. */
import type { EndpointName } from '../http/routes.ts'

interface FaultBase {
  /** Only calls of this endpoint. Default: all five. */
  endpoint?: EndpointName
  /** Share of the calls hit, spread evenly, so that every run hits the same calls. Default 1. */
  rate?: number
  /** How many calls the fault hits. Default: no limit. */
  count?: number
  /**
   * before: the fault hits and the call is not counted. after: the call is counted, then the fault hits. Latency always
   * counts the call, after the wait or before it. Default before.
   */
  when?: 'before' | 'after'
}

/** Delays the answer by `ms`. Another fault may hit the same call. */
export interface LatencyFault extends FaultBase {
  kind: 'latency'
  ms: number
}

/** Answers with another status, a body (default empty) and a content type (default text/plain). */
export interface StatusFault extends FaultBase {
  kind: 'status'
  status: number
  body?: string
  content_type?: string
}

/** reset: the connection is reset. stall: no answer is sent. garbage: a 200 whose body is not a document. */
export interface ConnectionFault extends FaultBase {
  kind: 'reset' | 'stall' | 'garbage'
}

/** Cuts off the body after `bytes` (default: half of it), then closes the connection. */
export interface TruncateFault extends FaultBase {
  kind: 'truncate'
  bytes?: number
}

/** One fault. */
export type Fault = LatencyFault | StatusFault | ConnectionFault | TruncateFault
