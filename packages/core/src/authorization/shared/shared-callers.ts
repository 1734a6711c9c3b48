/** Looks for callers among those that other processes have asked about, and asks 3scale where this one has to. */
import { BACKEND_RETRY_MS } from '../../backend/backend.ts'
import type { StoredCaller } from '../../ledger/stored-callers.ts'
import type { Observer } from '../../observe/observer.ts'
import { captureContext } from '../../primitives/async-context.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { AuthorizationRequest } from '../authorizer.ts'
import { type CacheLoader, NO_USAGE } from '../callers/cache-loader.ts'
import type { CallerStatus, FoundCaller } from '../callers/caller-status.ts'
import { type Identity, identityText } from '../callers/identity.ts'
import { adoptUnverified } from '../callers/learn-verdict.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import type { StoredService } from './stored-service.ts'

export interface SharedCallersOptions {
  readonly stored: StoredService
  readonly cache: ServiceCache
  readonly loader: CacheLoader
  readonly clock: Clock
  readonly observer: Pick<Observer, 'cached'>
}

export class SharedCallers {
  readonly #options: SharedCallersOptions
  readonly #inOwnContext = captureContext()

  constructor(options: SharedCallersOptions) {
    this.#options = options
  }

  /** What the store knows of a caller that this process does not know; undefined: 3scale has to be asked. */
  async find({ credentials, referrer }: AuthorizationRequest, text: string): Promise<FoundCaller | undefined> {
    const { stored, cache, clock } = this.#options
    const { caller, ask } = await stored.store.callers.find(text)
    if (caller === undefined) return undefined
    const askedAt = stored.ownTime(caller.askedAt)
    if (caller.denial !== undefined) return ask ? undefined : { answer: undefined, caller: this.#deny(text, caller) }
    if (caller.application === undefined || clock.now() - askedAt >= cache.settings.staleMs) return undefined
    const application = cache.ledger.application(caller.application)
    if (application === undefined) return { answer: undefined, caller: { kind: 'unkept' } }
    const identity = cache.identities.remember(cache.service, credentials, referrer, application)
    accept(identity, askedAt)
    cache.denials.forget(text)
    adoptUnverified(cache, text, application)
    if (ask) void this.#inOwnContext(() => this.#renew(identity))
    return { answer: undefined, caller: { kind: 'known', identity } }
  }

  /** Looks in the background whether a known caller was proved or denied since. */
  check(identity: Identity): void {
    if (identity.refreshing || this.#options.clock.elapsed() < identity.retryAt) return
    void this.#inOwnContext(() => this.#check(identity))
  }

  async #check(identity: Identity): Promise<void> {
    const { stored, cache, clock } = this.#options
    identity.refreshing = true
    const text = identityText(identity.credentials, identity.referrer)
    const { caller, ask } = await stored.store.callers.find(text)
    identity.refreshing = false
    if (ask) return await this.#renew(identity)
    // Another process asks, or has asked. It is looked at again soon, but not for each request.
    identity.retryAt = clock.elapsed() + BACKEND_RETRY_MS
    if (caller === undefined) return
    const askedAt = stored.ownTime(caller.askedAt)
    if (askedAt <= identity.provedAt) return
    if (caller.denial === undefined) return accept(identity, askedAt)
    this.#deny(text, caller)
    cache.revoke(identity)
  }

  async #renew(identity: Identity): Promise<void> {
    const { loader, observer, clock } = this.#options
    const { service, credentials, referrer, application } = identity
    if (identity.refreshing) return
    identity.refreshing = true
    const { caller } = await loader.load({ credentials, referrer, usage: NO_USAGE, application, known: true })
    identity.refreshing = false
    if (caller?.kind === 'known') return observer.cached('refreshed', service.id, credentials)
    identity.retryAt = clock.elapsed() + BACKEND_RETRY_MS
    if (caller === undefined || caller.kind === 'provider') observer.cached('stale', service.id, credentials)
  }

  #deny(text: string, { denial, askedAt }: StoredCaller): CallerStatus {
    const { stored, cache } = this.#options
    const { code, reason } = denial!
    return { kind: 'denied', denial: cache.denials.remember(text, code, reason, stored.ownTime(askedAt)) }
  }
}

function accept(identity: Identity, askedAt: number): void {
  identity.earlyMs = 0
  identity.provedAt = askedAt
  identity.epoch = identity.application.service.epoch
}
