/** What is remembered of each service, made when its first request comes. */

import type { ProtectedService } from '../../decision/protected-service.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Observer } from '../../observe/observer.ts'
import type { CacheSettings } from '../cache-settings.ts'
import { type CallerCredentials, ServiceCache } from './service-cache.ts'

export interface ServiceCachesOptions {
  readonly ledger: Ledger
  readonly cache: CacheSettings
  readonly observer: Pick<Observer, 'cached'>
}

export class ServiceCaches {
  readonly #options: ServiceCachesOptions
  readonly #all = new Map<ProtectedService, ServiceCache>()
  /** Most gateways have one service. */
  #last: ServiceCache | undefined

  constructor(options: ServiceCachesOptions) {
    this.#options = options
  }

  of(service: ProtectedService): ServiceCache {
    if (this.#last?.service === service) return this.#last
    let cache = this.#all.get(service)
    if (cache === undefined) {
      const { ledger, cache: settings, observer } = this.#options
      cache = new ServiceCache(service, ledger.service(service), settings, observer)
      this.#all.set(service, cache)
    }
    this.#last = cache
    return cache
  }

  /** Who may ask about an application: the cache it belongs to and a caller of it; undefined when nobody is known. */
  callerFor(application: ApplicationLedger): { cache: ServiceCache; asked: CallerCredentials } | undefined {
    for (const cache of this.#all.values()) {
      if (cache.ledger !== application.service) continue
      const asked = cache.callerFor(application)
      if (asked !== undefined) return { cache, asked }
    }
    return undefined
  }
}
