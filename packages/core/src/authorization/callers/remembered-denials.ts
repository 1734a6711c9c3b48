/** Remembers for a moment which callers the backend refused, so that not each of their requests costs a call. */
import { LRUCache } from 'lru-cache'
import type { RememberedDenial } from '../../domain/remembered-denial.ts'
import { detachString } from '../../primitives/detach-string.ts'

export class RememberedDenials {
  readonly #denials: LRUCache<string, RememberedDenial>
  readonly #ttlMs: number

  constructor({ max, ttlMs }: { readonly max: number; readonly ttlMs: number }) {
    this.#denials = new LRUCache({ max })
    this.#ttlMs = ttlMs
  }

  /** The last denial of a caller, expired or not. */
  last(identity: string): RememberedDenial | undefined {
    return this.#denials.get(identity)
  }

  /** @param code kept as it is, as `reason`: both must be short and no part of a longer text. */
  remember(identity: string, code: string, reason: string, now: number): RememberedDenial {
    const denial = { code, reason, until: now + this.#ttlMs }
    this.#denials.set(detachString(identity), denial)
    return denial
  }

  forget(identity: string): void {
    this.#denials.delete(identity)
  }
}
