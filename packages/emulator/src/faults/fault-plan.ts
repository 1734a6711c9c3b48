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

  /** The faults that may hit another call; `count` is how many calls each still hits. */
  list(): Fault[] {
    return this.#entries.map(({ fault, hits }) => {
      const rest = structuredClone(fault)
      if (rest.count !== undefined) rest.count -= hits
      return rest
    })
  }

  /** The faults of the next call of an endpoint: any number of latencies, then at most one other. */
  take(endpoint: EndpointName): Fault[] {
    const taken: Fault[] = []
    for (const entry of this.#entries) {
      const { fault } = entry
      if (fault.endpoint !== undefined && fault.endpoint !== endpoint) continue
      const rate = fault.rate ?? 1
      entry.seen++
      if (Math.floor(entry.seen * rate) === Math.floor((entry.seen - 1) * rate)) continue
      entry.hits++
      taken.push(fault)
      if (fault.kind !== 'latency') break
    }
    // One that is used up is off.
    if (taken.length > 0) this.#entries = this.#entries.filter(({ fault: { count }, hits }) => count !== hits)
    return taken
  }
}
