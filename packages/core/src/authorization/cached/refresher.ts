/** Renews what is known of a caller in the background, while he is served by what is known. */

import type { Observer } from '../../observe/observer.ts'
import type { Clock } from '../../primitives/clock.ts'
import { type CacheLoader, NO_USAGE } from '../callers/cache-loader.ts'
import type { Identity } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'

export interface RefresherOptions {
  readonly clock: Clock
  readonly observer: Pick<Observer, 'cached'>
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

const RETRY_MS = 1000

export class Refresher {
  readonly #options: RefresherOptions
  readonly #questions: CacheLoader

  constructor(questions: CacheLoader, options: RefresherOptions) {
    this.#questions = questions
    this.#options = options
  }

  /** Begins to, unless it is being done or was tried a moment ago. */
  refresh(cache: ServiceCache, identity: Identity): void {
    if (identity.refreshing || this.#options.clock.elapsed() < identity.retryAt) return
    // One answer that lists the keys proves them all.
    if (identity.sharesProof && identity.application.questions > 0) return
    void this.#renew(cache, identity)
  }

  async #renew(cache: ServiceCache, identity: Identity): Promise<void> {
    const { clock, observer, random = Math.random } = this.#options
    const { credentials, referrer, application } = identity
    identity.refreshing = true
    const request = { credentials, referrer, usage: NO_USAGE, application, known: true }
    const { caller } = await this.#questions.ask(cache, request)
    identity.refreshing = false
    if (caller?.kind === 'known') observer.cached('refreshed', cache.service.id, credentials)
    if (caller === undefined || caller.kind === 'provider') {
      identity.retryAt = clock.elapsed() + RETRY_MS * (0.5 + random())
      observer.cached('stale', cache.service.id, credentials)
    }
  }
}
