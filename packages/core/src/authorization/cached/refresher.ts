/** Renews in the background what is known of a caller, while requests are decided by what is known already. */
import { BACKEND_RETRY_MS } from '../../backend/backend.ts'
import type { Observer } from '../../observe/observer.ts'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock } from '../../primitives/clock.ts'
import { type CacheLoader, NO_USAGE } from '../callers/cache-loader.ts'
import type { Identity } from '../callers/identity.ts'

export interface RefresherOptions {
  readonly clock: Clock
  readonly observer: Pick<Observer, 'cached'>
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

export class Refresher {
  readonly #options: RefresherOptions
  readonly #loader: CacheLoader
  readonly #inOwnContext = captureContext()

  constructor(loader: CacheLoader, options: RefresherOptions) {
    this.#loader = loader
    this.#options = options
  }

  /** Starts a refresh, unless one is under way or failed a moment ago. */
  refresh(identity: Identity): void {
    if (identity.refreshing || this.#options.clock.elapsed() < identity.retryAt) return
    // One answer that lists the keys proves all callers of the application.
    if (identity.sharesProof && identity.application.questions > 0) return
    void this.#inOwnContext(() => this.#renew(identity))
  }

  async #renew(identity: Identity): Promise<void> {
    const { clock, observer, random = Math.random } = this.#options
    const { service, credentials, referrer, application } = identity
    identity.refreshing = true
    const { caller } = await this.#loader.load({ credentials, referrer, usage: NO_USAGE, application, known: true })
    identity.refreshing = false
    if (caller?.kind === 'known') observer.cached('refreshed', service.id, credentials)
    if (caller === undefined || caller.kind === 'provider') {
      identity.retryAt = clock.elapsed() + BACKEND_RETRY_MS * (0.5 + random())
      observer.cached('stale', service.id, credentials)
    }
  }
}
