/** Decides which of the next calls go wrong. */
import type { EndpointName } from '../http/routes.ts'
import type { Fault } from './fault.ts'

/** The current faults, and how many calls each has seen and hit. */
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

  /** The faults of the next call of an endpoint: any number of latencies, then at most one other. */
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
