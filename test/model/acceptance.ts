/** Judges answers about valid credentials: which denials they may get, and that who is known stays known (law 3). */
import type { Outcome } from '../support/world.ts'

/** Denials that say nothing about the credentials. */
const UNRELATED = new Set(['limits_exceeded', 'backend_unavailable', 'overloaded'])

export interface Answered {
  readonly caller: string
  readonly usage: string
  readonly outcome: Outcome
  /** What `isKnown` said when the request came. */
  readonly known: boolean
  /** Decided in one step, without the backend. */
  readonly atOnce: boolean
  /** Codes of 4xx that were not 3scale's and were met on the way. */
  readonly foreignCodes: readonly string[]
}

export class Acceptance {
  readonly problems: string[]
  readonly #staleMs: number
  /** When questions about callers were sent that 3scale answered with yes, by elapsed time. */
  readonly #provedAt = new Map<string, number>()
  /** Usages of callers that were decided at once. */
  readonly #decided = new Set<string>()
  #setAt = Number.NEGATIVE_INFINITY

  constructor(staleMs: number, problems: string[]) {
    this.#staleMs = staleMs
    this.problems = problems
  }

  /** 3scale has told the gateway that the caller is good. */
  proved(caller: string, askedAt: number): void {
    this.#provedAt.set(caller, Math.max(askedAt, this.#provedAt.get(caller) ?? askedAt))
  }

  /** Whether all is known that a decision needs, so that no 4xx of others may change it. */
  isKnown(caller: string, usage: string, now: number): boolean {
    const provedAt = this.#provedAt.get(caller) ?? Number.NEGATIVE_INFINITY
    return provedAt > this.#setAt && now - provedAt < this.#staleMs && this.#decided.has(`${caller} ${usage}`)
  }

  /** The clock was set. The gateway tells the age of a proof by it, so older proofs may have become too old. */
  clockSet(now: number): void {
    this.#setAt = now
  }

  answered({ caller, usage, outcome, known, atOnce, foreignCodes }: Answered): void {
    const code = outcome.outcome === 'allow' ? undefined : outcome.code
    if (code !== undefined && !UNRELATED.has(code) && !foreignCodes.includes(code)) {
      this.problems.push(`law 3: a valid caller was denied as ${code}`)
    }
    if (known && code !== undefined && code !== 'limits_exceeded') {
      this.problems.push(`law 3: a caller that 3scale had accepted was denied as ${code}`)
    }
    if (atOnce && code === undefined) this.#decided.add(`${caller} ${usage}`)
  }
}
