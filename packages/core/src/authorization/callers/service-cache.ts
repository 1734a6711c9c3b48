/** What cached authorization remembers of one service, and how an answer of the backend changes it. */

import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { NotAuthorized, Verdict } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { QuestionStamp, ServiceLedger } from '../../ledger/service-ledger.ts'
import { giveUpWaiting } from '../../ledger/usage/losses.ts'
import type { Observer } from '../../observe/observer.ts'
import { detachString } from '../../primitives/detach-string.ts'
import { SingleFlight } from '../../primitives/single-flight.ts'
import type { CacheSettings } from '../cache-settings.ts'
import type { AncestorSearch } from '../cached/find-ancestors.ts'
import { interpretVerdict } from '../interpret-verdict.ts'
import type { LoadResult } from './cache-loader.ts'
import { Identities } from './identities.ts'
import { type AnyCredentials, Identity, identityText } from './identity.ts'
import { type Denial, RememberedDenials } from './remembered-denials.ts'

/** From the backend's list on it is no longer complete (apisonator docs/extensions.md, list_app_keys). */
const MAX_LISTED_KEYS = 256

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/** What an answer taught about the caller who was asked about. */
export type CallerStatus =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** Good, but his application cannot be kept: its id is not told, or the ledger is full. */
  | { readonly kind: 'unkept' }
  /** `metric` is named where the backend's sentence tells which one it refuses. */
  | { readonly kind: 'usage'; readonly metric: string | undefined; readonly reason: string }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'provider'; readonly reason: string }

export interface Asked {
  readonly credentials: Credentials
  readonly referrer: string | undefined
  readonly metrics: readonly string[]
  readonly stamp: QuestionStamp
}

export type CallerCredentials = Pick<Identity, 'credentials' | 'referrer'>

export class ServiceCache {
  readonly service: ProtectedService
  readonly ledger: ServiceLedger
  readonly identities: Identities
  readonly denials: RememberedDenials
  /** Metrics that the backend refused, and until when that is believed. */
  readonly badMetrics: Map<string, { readonly reason: string; readonly until: number }> = new Map()
  /** Questions about an identity, or about an identity and metrics. */
  readonly flights: SingleFlight<LoadResult>
  /** Metrics whose hidden ancestors are being asked about. */
  readonly ancestorSearches: SingleFlight<AncestorSearch> = new SingleFlight()
  /** Callers let in by policy while nobody could tell who they are, with what they used. */
  readonly unverified: Map<string, Identity> = new Map()
  /** Callers of applications that are not kept. */
  readonly #speakers = new WeakMap<ApplicationLedger, CallerCredentials>()
  #headStarts = 0
  readonly #cache: CacheSettings
  readonly #observer: Pick<Observer, 'cached'>

  constructor(
    service: ProtectedService,
    ledger: ServiceLedger,
    cache: CacheSettings,
    observer: Pick<Observer, 'cached'>,
  ) {
    this.service = service
    this.ledger = ledger
    this.#cache = cache
    this.#observer = observer
    this.flights = new SingleFlight(cache.maxWaiters)
    this.identities = new Identities(cache.maxApplications)
    this.denials = new RememberedDenials({ max: cache.maxDenials, ttlMs: cache.denialTtlMs })
  }

  learn(verdict: Verdict, asked: Asked, now: number): CallerStatus {
    const meaning = interpretVerdict(verdict, asked.metrics)
    switch (meaning.kind) {
      case 'good':
        return this.#welcome(verdict, asked)
      case 'usage':
        return this.#refuseMetric(verdict as NotAuthorized, meaning.metric, now)
      case 'provider':
        return { kind: 'provider', reason: meaning.verdict.reason }
      case 'denied':
        return { kind: 'denied', denial: this.#deny(meaning.verdict, meaning.scope, asked, now) }
    }
  }

  /** Somebody let in by policy; undefined when there are too many of them. */
  admitUnverified(text: string, credentials: Credentials, referrer: string | undefined): Identity | undefined {
    let unverified = this.unverified.get(text)
    if (unverified === undefined) {
      if (this.unverified.size >= this.#cache.maxDenials) return undefined
      unverified = new Identity(this.service, credentials, referrer, this.ledger.ledger.unverified(this.ledger))
      this.unverified.set(detachString(text), unverified)
    }
    return unverified
  }

  /** Where usage goes of a caller whose application there is no room for. */
  overflow(id: string, { credentials, referrer }: CallerCredentials, provedAt: number): ApplicationLedger {
    const application = this.ledger.overflow(id, provedAt)
    this.#speakers.set(application, { credentials, referrer })
    return application
  }

  /** The caller to ask with about an application. */
  callerFor(application: ApplicationLedger): CallerCredentials | undefined {
    if (application.id === undefined) {
      for (const unverified of this.unverified.values()) if (unverified.application === application) return unverified
      return undefined
    }
    const [identity] = this.identities.of(application)
    return (
      identity ?? this.#speakers.get(application) ?? { credentials: { appId: application.id }, referrer: undefined }
    )
  }

  /** Forgets a caller whom the backend refuses from now on. */
  revoke(identity: Identity): void {
    this.identities.forget(identity)
    this.#observer.cached('revoked', this.service.id, identity.credentials)
  }

  /** The application is gone from the backend: so is what it used and was not reported. */
  dropDeleted(application: ApplicationLedger): void {
    giveUpWaiting(application, 'application_gone')
    this.identities.forgetAllOf(application)
  }

  #welcome(verdict: Verdict, { credentials, referrer, metrics, stamp }: Asked): CallerStatus {
    const { appId, clientId } = credentials as AnyCredentials
    const id = verdict.application.id ?? appId ?? clientId
    const application = id === undefined || !verdict.readable ? undefined : this.ledger.application(id)
    if (application === undefined) {
      this.ledger.applyToOverflow(id, stamp, verdict)
      return { kind: 'unkept' }
    }
    this.ledger.apply(application, stamp, verdict, metrics)
    application.denial = undefined
    this.ledger.denial = undefined
    const text = identityText(credentials, referrer)
    this.denials.forget(text)
    const unverified = this.unverified.get(text)
    if (unverified !== undefined) {
      this.unverified.delete(text)
      this.ledger.ledger.adopt(unverified.application, application)
      // Decisions that are still open go on counting for him.
      unverified.application = application
    }
    const identity = this.identities.remember(this.service, credentials, referrer, application)
    const headStartMs = this.#headStartOf(identity)
    this.#prove(identity, stamp)
    this.#proveSiblings(application, verdict, stamp)
    identity.earlyMs = headStartMs
    return { kind: 'known', identity }
  }

  #refuseMetric({ reason }: NotAuthorized, metric: string | undefined, now: number): CallerStatus {
    if (metric !== undefined) {
      // Names made from requests could be any number.
      if (this.badMetrics.size >= 1000) this.badMetrics.clear()
      this.badMetrics.set(metric, { reason, until: now + this.#cache.denialTtlMs })
      this.ledger.disprove(metric)
    }
    return { kind: 'usage', metric, reason }
  }

  #deny(
    verdict: NotAuthorized,
    scope: 'identity' | 'application' | 'service',
    { credentials, referrer, stamp }: Asked,
    now: number,
  ): Denial {
    const { code, reason } = verdict
    const text = identityText(credentials, referrer)
    const { appId, clientId } = credentials as AnyCredentials
    const identity = this.identities.find(credentials, referrer)
    const id = verdict.application.id ?? appId ?? clientId
    const application = identity?.application ?? (id === undefined ? undefined : this.ledger.applications.get(id))
    // A 409 carries the stored counts whoever was asked about.
    if (application !== undefined && verdict.status === 409 && verdict.readable) {
      this.ledger.apply(application, stamp, verdict, [])
    }
    const general = { code, reason, until: now + this.#cache.denialTtlMs }
    if (scope === 'service') this.ledger.denial = general
    else if (scope === 'application' && application !== undefined) application.denial = general
    if (scope === 'identity' && identity !== undefined) this.revoke(identity)
    const gone = code === 'application_not_found' ? (application ?? this.ledger.overflowOf(id)) : undefined
    if (gone !== undefined) this.dropDeleted(gone)
    const unverified = this.unverified.get(text)
    if (unverified !== undefined && scope === 'identity') {
      this.unverified.delete(text)
      giveUpWaiting(unverified.application, 'unproven')
    }
    return this.denials.remember(text, code, reason, now)
  }

  #prove(identity: Identity, { askedAt }: QuestionStamp): void {
    identity.earlyMs = 0
    // Not the later of both: after the clock was set back, nothing would ever be newer.
    identity.provedAt = askedAt
    identity.epoch = this.ledger.epoch
  }

  /**
   * Callers who all came at once would all be refreshed at once, again and again: a new one is refreshed sooner the first
   * time, by a share of the ttl that lies in the widest gap between those of the others. Whom one answer proves together
   * have one share.
   */
  #headStartOf(identity: Identity): number {
    if (identity.provedAt !== Number.NEGATIVE_INFINITY) return 0
    for (let elder = identity.sibling; identity.sharesProof && elder !== undefined; elder = elder.sibling) {
      if (elder.sharesProof) return elder.earlyMs
    }
    return Math.floor(this.#cache.ttlMs * ((this.#headStarts++ * GOLDEN_RATIO) % 1))
  }

  /** The list of an application's keys speaks for all callers that are known by id and key alone. */
  #proveSiblings(application: ApplicationLedger, { appKeys }: Verdict, stamp: QuestionStamp): void {
    if (appKeys === undefined) return
    const keys = new Set(appKeys)
    for (const identity of this.identities.of(application)) {
      if (!identity.sharesProof) continue
      const { clientId, appKey } = identity.credentials as AnyCredentials
      const good = appKey === undefined ? clientId !== undefined || keys.size === 0 : keys.has(appKey)
      if (good || (keys.size === 0 && clientId === undefined)) this.#prove(identity, stamp)
      else if (keys.size < MAX_LISTED_KEYS && identity.provedAt < stamp.askedAt) this.revoke(identity)
    }
  }
}
