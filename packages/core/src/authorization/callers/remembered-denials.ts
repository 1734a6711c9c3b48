/** Remembers for a moment which callers the backend refused, so that not each of their requests costs a call. */
import { LRUCache } from 'lru-cache'

/** A refusal of one caller that holds for a while. */
export interface Denial {
  readonly code: string
  readonly reason: string
  /** By our clock. Afterwards the denial is used only while the backend cannot be asked. */
  readonly until: number
}

export class RememberedDenials {
  readonly #denials: LRUCache<string, Denial>
  readonly #ttlMs: number

  constructor({ max, ttlMs }: { readonly max: number; readonly ttlMs: number }) {
    this.#denials = new LRUCache({ max })
    this.#ttlMs = ttlMs
  }

  /** The last denial of a caller, expired or not. */
  last(identity: string): Denial | undefined {
    return this.#denials.get(identity)
  }

  remember(identity: string, code: string, reason: string, now: number): Denial {
    const denial = { code, reason, until: now + this.#ttlMs }
    this.#denials.set(identity, denial)
    return denial
  }

  forget(identity: string): void {
    this.#denials.delete(identity)
  }
}
