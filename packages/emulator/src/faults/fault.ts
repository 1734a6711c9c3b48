/** Faults on purpose: which of the next calls go wrong, and how. */
import { type EndpointName, endpointNames } from '../http/routes.ts'
import {
  anyText,
  type Check,
  InvalidDocumentError,
  listOf,
  objectAt,
  oneOf,
  optional,
  type Problem,
  required,
} from '../provider/checks.ts'

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

const common = {
  kind: required(oneOf('latency', 'status', 'reset', 'stall', 'truncate', 'garbage')),
  endpoint: optional(oneOf(...endpointNames)),
  rate: optional(numberIn('a number from 0 to 1', (value) => value >= 0 && value <= 1)),
  count: optional(numberIn('a whole number of at least 1', (value) => Number.isInteger(value) && value >= 1)),
  when: optional(oneOf('before', 'after')),
}
const wholeNumber = numberIn('a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0)
const membersByKind: Readonly<Record<string, Parameters<typeof objectAt>[2]>> = {
  latency: { ...common, ms: required(wholeNumber) },
  status: {
    ...common,
    status: required(numberIn('an HTTP status from 200 to 599', (value) => value >= 200 && value <= 599)),
    body: optional(anyText),
    content_type: optional(anyText),
  },
  truncate: { ...common, bytes: optional(wholeNumber) },
}

/** The value as faults. @throws InvalidDocumentError listing every problem. */
export function validateFaults(value: unknown): Fault[] {
  const problems: Problem[] = []
  listOf((fault, path) => {
    const kind = (fault as { kind?: unknown } | null)?.kind
    objectAt(fault, path, membersByKind[String(kind)] ?? common, problems)
  })(value, '', problems)
  if (problems.length > 0) throw new InvalidDocumentError('faults', problems)
  return structuredClone(value) as Fault[]
}

function numberIn(what: string, fits: (value: number) => boolean): Check {
  return (value, path, problems) => {
    if (typeof value !== 'number' || !fits(value)) problems.push({ path, message: `must be ${what}` })
  }
}

/** The faults in force and how often each has been considered and has hit. */
export class FaultPlan {
  #entries: { readonly fault: Fault; seen: number; hits: number }[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** Replaces all faults and their counts. */
  set(faults: readonly Fault[]): void {
    this.#entries = faults.map((fault) => ({ fault, seen: 0, hits: 0 }))
  }

  /** The faults as they were set. */
  list(): Fault[] {
    return this.#entries.map(({ fault }) => structuredClone(fault))
  }

  /** What hits the next call of an endpoint: any number of latencies, then at most one other fault. */
  take(endpoint: EndpointName): Fault[] {
    const taken: Fault[] = []
    for (const entry of this.#entries) {
      const { fault } = entry
      if (fault.endpoint !== undefined && fault.endpoint !== endpoint) continue
      if (fault.count !== undefined && entry.hits >= fault.count) continue
      const rate = fault.rate ?? 1
      entry.seen++
      if (Math.floor(entry.seen * rate) === Math.floor((entry.seen - 1) * rate)) continue
      entry.hits++
      taken.push(fault)
      if (fault.kind !== 'latency') break
    }
    return taken
  }
}
