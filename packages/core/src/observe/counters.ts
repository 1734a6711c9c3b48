/** Counts decisions by outcome and calls by endpoint. */
import type { Decision } from '../decision/decision.ts'
import type { Endpoint } from './messages.ts'
import type { GatewayStats } from './stats.ts'

/** Bounded, because codes come from the backend too; further codes are counted as `other`. */
const MAX_CODES = 100

export interface Counters {
  decided(decision: Decision): void
  called(endpoint: Endpoint): void
  /** A frozen copy. */
  read(): Pick<GatewayStats, 'decisions' | 'calls'>
}

export function createCounters(): Counters {
  let allowed = 0
  let skipped = 0
  const denied = new Map<string, number>()
  const calls = new Map<Endpoint, number>()
  return {
    decided(decision) {
      if (decision.outcome === 'allow') allowed++
      else if (decision.outcome === 'skip') skipped++
      else {
        const code = denied.size < MAX_CODES || denied.has(decision.code) ? decision.code : 'other'
        denied.set(code, (denied.get(code) ?? 0) + 1)
      }
    },
    called(endpoint) {
      calls.set(endpoint, (calls.get(endpoint) ?? 0) + 1)
    },
    read() {
      return Object.freeze({
        decisions: Object.freeze({ allowed, skipped, ...Object.fromEntries(denied) }),
        calls: Object.freeze(Object.fromEntries(calls)),
      })
    },
  }
}
