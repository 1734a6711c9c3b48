/**
 * Decides by a store that counts for all processes. 3scale is asked once for all of them: about a caller by the process
 * that meets it first, about an application by the one that the store tells to.
 */
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { LentUsage } from '../../ledger/lent/lent-usage.ts'
import { Layouts } from '../../ledger/plan/layouts.ts'
import type { ServiceStore, StoredApplication, StoreHost } from '../../ledger/store.ts'
import { captureContext } from '../../primitives/async-context.ts'
import { isPromise } from '../../primitives/maybe-promise.ts'
import type { AuthorizationRequest, Authorizer, AuthorizerOptions, Decided } from '../authorizer.ts'
import { askAboutCaller } from '../cached/ask-about-caller.ts'
import { Inquiry } from '../cached/inquiry.ts'
import { CacheLoader, NO_USAGE } from '../callers/cache-loader.ts'
import { type Identity, isKnown } from '../callers/identity.ts'
import { ServiceCache } from '../callers/service-cache.ts'
import { proveLent } from './prove-lent.ts'
import { SharedCallers } from './shared-callers.ts'
import { StoreDecider } from './store-decider.ts'
import { StoredIdentity } from './stored-identity.ts'
import { StoredService } from './stored-service.ts'
import { tellStore } from './tell-store.ts'

/**
 * How much later than its application a caller is proved again, in milliseconds: the question about the application
 * usually proves it, whichever process asked.
 */
const CALLER_GRACE_MS = 2000

/** What an authorizer tells the store that is opened for it. */
export type StoreCallbacks = Pick<StoreHost, 'readLayout' | 'refresh'>

export interface SharedAuthorizerOptions extends AuthorizerOptions {
  readonly openStore: (callbacks: StoreCallbacks) => { readonly store: ServiceStore; readonly lent: LentUsage }
}

/** Starts nothing before the first request. */
export function createSharedAuthorizer(options: SharedAuthorizerOptions): SharedAuthorizer {
  return new SharedAuthorizer(options)
}

export class SharedAuthorizer implements Authorizer {
  readonly stored: StoredService
  readonly #options: SharedAuthorizerOptions
  readonly #cache: ServiceCache
  readonly #loader: CacheLoader
  readonly #decider: StoreDecider
  readonly #callers: SharedCallers
  readonly #inquiry: Inquiry
  readonly #inOwnContext = captureContext()

  constructor(options: SharedAuthorizerOptions) {
    const { ledger, clock, observer } = options
    const layouts = new Layouts(ledger, clock)
    const { store, lent } = options.openStore({
      readLayout: (text) => layouts.read(text),
      refresh: (application) => void this.#inOwnContext(() => this.#refresh(application)),
    })
    const stored = new StoredService(store, layouts, clock)
    const cache = new ServiceCache({
      ...options,
      createIdentity: (...caller) => new StoredIdentity(stored, ...caller),
    })
    const loader = new CacheLoader(cache, {
      ...options,
      tell: () => {
        const askedAt = store.time()
        return (heard) => {
          proveLent(lent, heard)
          return tellStore(stored, cache, heard, askedAt)
        }
      },
    })
    const decider = new StoreDecider(stored, cache, clock)
    const callers = new SharedCallers({ stored, cache, loader, clock, observer })
    const admitKnown = decider.decideUnproved.bind(decider)
    this.stored = stored
    this.#options = options
    this.#cache = cache
    this.#loader = loader
    this.#decider = decider
    this.#callers = callers
    this.#inquiry = new Inquiry(
      cache,
      loader,
      { ...options, admitKnown },
      {
        decide: (identity, request) => decider.decide(identity, request, 'backend'),
        find: async (request, text, attempt) => {
          const found = attempt === 1 ? await callers.find(request, text) : undefined
          if (found !== undefined) return found
          const asked = await askAboutCaller(cache, loader, request, { text, attempt, ...options })
          if (asked.caller === undefined) store.callers.unanswered(text)
          return asked
        },
        // Another answer, because a store is told a layout only with one.
        settled: async (identity) => void (await this.#ask(identity)),
      },
    )
  }

  /** `decide` decides also what is known here, because a store may have to be asked about a known caller. */
  recall(): undefined {}

  decide(request: AuthorizationRequest): Decided | Promise<Decided> {
    const { ttlMs, staleMs } = this.#cache.settings
    const identity = this.#cache.identities.find(request.credentials, request.referrer)
    const now = this.#options.clock.now()
    if (identity === undefined || !isKnown(identity, now, staleMs)) return this.#inquiry.ask(request)
    const isLate = now - identity.provedAt >= ttlMs + CALLER_GRACE_MS
    if (isLate) this.#callers.check(identity)
    const decided = this.#decider.decide(identity, request, isLate ? 'stale' : 'cache', now)
    return isPromise(decided) ? this.#decideLater(request, decided) : (decided ?? this.#inquiry.ask(request))
  }

  prove(application: ApplicationLedger): Promise<boolean> {
    return this.#loader.prove(application)
  }

  async #decideLater(request: AuthorizationRequest, decided: Promise<Decided | undefined>): Promise<Decided> {
    return (await decided) ?? (await this.#inquiry.ask(request))
  }

  /** Asks 3scale about an application for all processes. */
  async #refresh({ id }: StoredApplication): Promise<void> {
    const { ledger, service } = this.#cache
    const application = ledger.application(id)
    // Where there is no room for it, its requests are asked about one by one.
    if (application === undefined) return
    const answered = await this.#loader.prove(application)
    this.#options.observer.cached(answered ? 'refreshed' : 'stale', service.id, { appId: id })
  }

  #ask({ credentials, referrer, application }: Identity): Promise<unknown> {
    return this.#loader.load({ credentials, referrer, usage: NO_USAGE, application, known: true })
  }
}
