/** What authorization remembers of one service. */
import { LRUCache } from 'lru-cache'
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { ServiceLedger } from '../../ledger/service-ledger.ts'
import { doubtApplication } from '../../ledger/usage/doubt.ts'
import { giveUpWaiting } from '../../ledger/usage/losses.ts'
import type { Observer } from '../../observe/observer.ts'
import { detachString } from '../../primitives/detach-string.ts'
import { SingleFlight } from '../../primitives/single-flight.ts'
import type { CacheSettings } from '../cache-settings.ts'
import type { AncestorSearch, CallerCredentials, FoundCaller } from './caller-status.ts'
import { HeadStarts } from './head-starts.ts'
import { type CreateIdentity, Identities } from './identities.ts'
import { Identity } from './identity.ts'
import { RememberedDenials } from './remembered-denials.ts'

/** The backend's code for a user key that no application has. */
export const UNKNOWN_KEY = 'user_key_invalid'

export interface ServiceCacheOptions {
  readonly service: ProtectedService
  readonly ledger: ServiceLedger
  readonly cache: CacheSettings
  readonly observer: Pick<Observer, 'cached'>
  /** Default: callers whose usage the ledger counts. */
  readonly createIdentity?: CreateIdentity | undefined
}

const countedHere: CreateIdentity = (...caller) => new Identity(...caller)

export class ServiceCache {
  readonly service: ProtectedService
  readonly ledger: ServiceLedger
  readonly settings: CacheSettings
  readonly identities: Identities
  readonly denials: RememberedDenials
  /** Metrics that the backend refused, and until when they are refused without asking again. */
  readonly badMetrics: Map<string, { readonly reason: string; readonly until: number }> = new Map()
  /** Loads of an identity, or of an identity and metrics. */
  readonly loads: SingleFlight<FoundCaller>
  /** Searches for the hidden ancestors of a metric. */
  readonly ancestorSearches: SingleFlight<AncestorSearch> = new SingleFlight()
  readonly headStarts: HeadStarts
  /** Callers that `onUnavailable: 'allow'` admitted before any answer accepted them, and their usage. */
  readonly unverified: Map<string, Identity> = new Map()
  /** Callers that the backend's last answer about them accepted, and of which no identity need be kept. */
  readonly #accepted: LRUCache<string, true>
  /** Callers of applications that are not kept. */
  readonly #overflowCallers = new WeakMap<ApplicationLedger, CallerCredentials>()
  readonly #observer: Pick<Observer, 'cached'>
  readonly #createIdentity: CreateIdentity

  constructor({ service, ledger, cache, observer, createIdentity = countedHere }: ServiceCacheOptions) {
    this.service = service
    this.ledger = ledger
    this.settings = cache
    this.#observer = observer
    this.#accepted = new LRUCache({ max: cache.maxApplications })
    this.loads = new SingleFlight(cache.maxWaiters)
    this.identities = new Identities(cache.maxApplications, createIdentity)
    this.#createIdentity = createIdentity
    this.denials = new RememberedDenials({ max: cache.maxDenials, ttlMs: cache.denialTtlMs })
    this.headStarts = new HeadStarts(cache.ttlMs)
  }

  /** Whether the backend has accepted a caller, so that it is no stranger. @param text its identity as text. */
  isAccepted(text: string, identity?: Identity): boolean {
    return identity !== undefined || this.#accepted.has(text)
  }

  /** Notes that the backend has accepted a caller. */
  accept(text: string): void {
    // A caller that is known already becomes the newest by being read.
    if (this.#accepted.get(text) === undefined) this.#accepted.set(detachString(text), true)
  }

  /** The backend has denied a caller, for another reason than its limits. */
  reject(text: string): void {
    this.#accepted.delete(text)
  }

  /** Remembers a caller that is admitted unverified; undefined when there are too many of them. */
  admitUnverified(text: string, credentials: Credentials, referrer: string | undefined): Identity | undefined {
    let unverified = this.unverified.get(text)
    if (unverified === undefined) {
      if (this.unverified.size >= this.settings.maxDenials) return undefined
      unverified = this.#createIdentity(this.service, credentials, referrer, this.ledger.unverified())
      this.unverified.set(detachString(text), unverified)
    }
    return unverified
  }

  /** Where usage of an application goes that there is no room for; remembers a caller to ask about it with. */
  overflow(id: string, { credentials, referrer }: CallerCredentials, provedAt: number): ApplicationLedger {
    const application = this.ledger.overflow(id, provedAt)
    this.#overflowCallers.set(application, { credentials, referrer })
    return application
  }

  /** A caller whose credentials may be used to ask about an application; undefined when none is known. */
  callerFor(application: ApplicationLedger): CallerCredentials | undefined {
    if (application.id === undefined) {
      for (const unverified of this.unverified.values()) if (unverified.application === application) return unverified
      return undefined
    }
    const kept = this.ledger.applications.get(application.id) ?? application
    const identity = this.identities.of(application)[0] ?? this.identities.of(kept)[0]
    if (identity !== undefined) return identity
    const overflow = this.#overflowCallers.get(application)
    if (overflow !== undefined || this.identities.byUserKey) return overflow
    return { credentials: { appId: application.id }, referrer: undefined }
  }

  /** Forgets a caller that the backend no longer accepts. */
  revoke(identity: Identity): void {
    this.identities.forget(identity)
    this.#observer.cached('revoked', this.service.id, identity.credentials)
  }

  /**
   * The backend does not know a user key of the application any more. If that was the last one, it has another key now
   * or is deleted, and no question can tell.
   */
  noteUnknownKey(application: ApplicationLedger): void {
    if (this.identities.of(application).length > 0) return
    application.vanished = true
    application.provedAt = Number.NEGATIVE_INFINITY
  }

  /** The application was deleted at the backend, so its waiting usage can no longer be reported. */
  dropDeleted(application: ApplicationLedger): void {
    for (const one of new Set([application, this.ledger.overflowOf(application.id)])) {
      if (one === undefined) continue
      giveUpWaiting(one, 'application_gone')
      doubtApplication(one)
    }
    this.identities.forgetAllOf(application)
  }
}
