/** Decides from the ledger. Asks the backend only for what is unknown, once for all requests that wait for the same. */
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { AuthorizationRequest, Authorizer, AuthorizerOptions, Decided } from '../authorizer.ts'
import { CacheLoader } from '../callers/cache-loader.ts'
import { ServiceCache } from '../callers/service-cache.ts'
import { askAboutCaller } from './ask-about-caller.ts'
import { Inquiry } from './inquiry.ts'
import { LocalDecider } from './local-decider.ts'
import { Refresher } from './refresher.ts'

/** Starts no timer: timers belong to `reporting/`. */
export function createCachedAuthorizer(options: AuthorizerOptions): Authorizer {
  return new CachedAuthorizer(options)
}

class CachedAuthorizer implements Authorizer {
  readonly #cache: ServiceCache
  readonly #loader: CacheLoader
  readonly #decider: LocalDecider
  readonly #inquiry: Inquiry

  constructor(options: AuthorizerOptions) {
    const cache = new ServiceCache(options)
    const loader = new CacheLoader(cache, options)
    const decider = new LocalDecider(cache, new Refresher(loader, options), options.clock)
    this.#cache = cache
    this.#loader = loader
    this.#decider = decider
    this.#inquiry = new Inquiry(cache, loader, options, {
      decide: (identity, { usage, policy }) => decider.decide(identity, usage, policy, 'backend'),
      find: (request, text, attempt) => askAboutCaller(cache, loader, request, { text, attempt, ...options }),
    })
  }

  recall(
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    policy: RoutePolicy,
  ): Decided | undefined {
    const identity = this.#cache.identities.find(credentials, referrer)
    return identity === undefined ? undefined : this.#decider.decide(identity, usage, policy, undefined)
  }

  decide(request: AuthorizationRequest): Decided | Promise<Decided> {
    return this.#inquiry.ask(request)
  }

  prove(application: ApplicationLedger): Promise<boolean> {
    return this.#loader.prove(application)
  }
}
