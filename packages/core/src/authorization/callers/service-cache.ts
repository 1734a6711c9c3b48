/** What cached authorization remembers of one service, and how an answer of the backend changes it. */

import type { ResolvedCache } from '../../configuration/options/resolved-options.ts'
import type { ProtectedService } from '../../decision/route-policy.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { NotAuthorized, Verdict } from '../../domain/verdict.ts'
import type { Application } from '../../ledger/application-ledger.ts'
import type { OpenQuestion, ServiceLedger } from '../../ledger/service-ledger.ts'
import { giveUpWaiting } from '../../ledger/usage/losses.ts'
import type { Observer } from '../../observe/observer.ts'
import { ownString } from '../../primitives/detach-string.ts'
import { Flights } from '../../primitives/single-flight.ts'
import type { Settlement } from '../cached/find-ancestors.ts'
import { meaningOf } from '../interpret-verdict.ts'
import type { Answered } from './cache-loader.ts'
import { Identities } from './identities.ts'
import { type AnyCredentials, Identity, identityText } from './identity.ts'
import { type Denial, Denials } from './remembered-denials.ts'

/** From the backend's list on it is no longer complete (apisonator docs/extensions.md, list_app_keys). */
const LISTED_KEYS = 256

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/** What an answer taught about the caller who was asked about. */
export type Lesson =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** Good, but his application cannot be kept: its id is not told, or the ledger is full. */
  | { readonly kind: 'unkept' }
  /** `metric` is named where the backend's sentence tells which one it refuses. */
  | { readonly kind: 'usage'; readonly metric: string | undefined; readonly reason: string }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'ours'; readonly reason: string }

export interface Asked {
  readonly credentials: Credentials
  readonly referrer: string | undefined
  readonly metrics: readonly string[]
  readonly opened: OpenQuestion
}

export type Speaker = Pick<Identity, 'credentials' | 'referrer'>

export class ServiceCache {
  readonly service: ProtectedService
  readonly ledger: ServiceLedger
  readonly identities: Identities
  readonly denials: Denials
  /** Metrics that the backend refused, and until when that is believed. */
  readonly badMetrics: Map<string, { readonly reason: string; readonly until: number }> = new Map()
  /** Questions about an identity, or about an identity and metrics. */
  readonly flights: Flights<Answered>
  /** Metrics whose hidden ancestors are being asked about. */
  readonly settling: Flights<Settlement> = new Flights()
  /** Callers let in by policy while nobody could tell who they are, with what they used. */
  readonly strangers: Map<string, Identity> = new Map()
  /** Callers of applications that are not kept. */
  readonly #speakers = new WeakMap<Application, Speaker>()
  #headStarts = 0
  readonly #cache: ResolvedCache
  readonly #observer: Pick<Observer, 'cached'>

  constructor(
    service: ProtectedService,
    ledger: ServiceLedger,
    cache: ResolvedCache,
    observer: Pick<Observer, 'cached'>,
  ) {
    this.service = service
    this.ledger = ledger
    this.#cache = cache
    this.#observer = observer
    this.flights = new Flights(cache.maxWaiters)
    this.identities = new Identities(cache.maxApplications)
    this.denials = new Denials({ max: cache.maxDenials, ttlMs: cache.denialTtlMs })
  }

  learn(verdict: Verdict, asked: Asked, now: number): Lesson {
    const meaning = meaningOf(verdict, asked.metrics)
    switch (meaning.kind) {
      case 'good':
        return this.#welcome(verdict, asked)
      case 'usage':
        return this.#refuseMetric(verdict as NotAuthorized, meaning.metric, now)
      case 'ours':
        return { kind: 'ours', reason: meaning.verdict.reason }
      case 'denied':
        return { kind: 'denied', denial: this.#deny(meaning.verdict, meaning.scope, asked, now) }
    }
  }

  /** Somebody let in by policy; undefined when there are too many of them. */
  admitStranger(text: string, credentials: Credentials, referrer: string | undefined): Identity | undefined {
    let stranger = this.strangers.get(text)
    if (stranger === undefined) {
      if (this.strangers.size >= this.#cache.maxDenials) return undefined
      stranger = new Identity(this.service, credentials, referrer, this.ledger.ledger.stranger(this.ledger))
      this.strangers.set(ownString(text), stranger)
    }
    return stranger
  }

  /** Where usage goes of a caller whose application there is no room for. */
  outsider(id: string, { credentials, referrer }: Speaker, provedAt: number): Application {
    const account = this.ledger.outsider(id, provedAt)
    this.#speakers.set(account, { credentials, referrer })
    return account
  }

  /** The caller to ask with about an application. */
  whoSpeaksFor(account: Application): Speaker | undefined {
    if (account.id === undefined) {
      for (const stranger of this.strangers.values()) if (stranger.account === account) return stranger
      return undefined
    }
    const [identity] = this.identities.of(account)
    return identity ?? this.#speakers.get(account) ?? { credentials: { appId: account.id }, referrer: undefined }
  }

  /** Forgets a caller whom the backend refuses from now on. */
  revoke(identity: Identity): void {
    this.identities.forget(identity)
    this.#observer.cached('revoked', this.service.id, identity.credentials)
  }

  /** The application is gone from the backend: so is what it used and was not reported. */
  bury(account: Application): void {
    giveUpWaiting(account, 'application_gone')
    this.identities.forgetAllOf(account)
  }

  #welcome(verdict: Verdict, { credentials, referrer, metrics, opened }: Asked): Lesson {
    const { appId, clientId } = credentials as AnyCredentials
    const id = verdict.application.id ?? appId ?? clientId
    const account = id === undefined || !verdict.readable ? undefined : this.ledger.application(id)
    if (account === undefined) {
      this.ledger.applyOutside(id, opened, verdict)
      return { kind: 'unkept' }
    }
    this.ledger.apply(account, opened, verdict, metrics)
    account.denial = undefined
    this.ledger.denial = undefined
    const text = identityText(credentials, referrer)
    this.denials.forget(text)
    const stranger = this.strangers.get(text)
    if (stranger !== undefined) {
      this.strangers.delete(text)
      this.ledger.ledger.adopt(stranger.account, account)
      // Decisions that are still open go on counting for him.
      stranger.account = account
    }
    const identity = this.identities.remember(this.service, credentials, referrer, account)
    const headStartMs = this.#headStartOf(identity)
    this.#prove(identity, opened)
    this.#proveSiblings(account, verdict, opened)
    identity.earlyMs = headStartMs
    return { kind: 'known', identity }
  }

  #refuseMetric({ reason }: NotAuthorized, metric: string | undefined, now: number): Lesson {
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
    { credentials, referrer, opened }: Asked,
    now: number,
  ): Denial {
    const { code, reason } = verdict
    const text = identityText(credentials, referrer)
    const { appId, clientId } = credentials as AnyCredentials
    const identity = this.identities.find(credentials, referrer)
    const id = verdict.application.id ?? appId ?? clientId
    const account = identity?.account ?? (id === undefined ? undefined : this.ledger.applications.get(id))
    // A 409 carries the stored counts whoever was asked about.
    if (account !== undefined && verdict.status === 409 && verdict.readable) {
      this.ledger.apply(account, opened, verdict, [])
    }
    const general = { code, reason, until: now + this.#cache.denialTtlMs }
    if (scope === 'service') this.ledger.denial = general
    else if (scope === 'application' && account !== undefined) account.denial = general
    if (scope === 'identity' && identity !== undefined) this.revoke(identity)
    const gone = code === 'application_not_found' ? (account ?? this.ledger.outsiderOf(id)) : undefined
    if (gone !== undefined) this.bury(gone)
    const stranger = this.strangers.get(text)
    if (stranger !== undefined && scope === 'identity') {
      this.strangers.delete(text)
      giveUpWaiting(stranger.account, 'unproven')
    }
    return this.denials.remember(text, code, reason, now)
  }

  #prove(identity: Identity, { askedAt }: OpenQuestion): void {
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
  #proveSiblings(account: Application, { appKeys }: Verdict, opened: OpenQuestion): void {
    if (appKeys === undefined) return
    const keys = new Set(appKeys)
    for (const identity of this.identities.of(account)) {
      if (!identity.sharesProof) continue
      const { clientId, appKey } = identity.credentials as AnyCredentials
      const good = appKey === undefined ? clientId !== undefined || keys.size === 0 : keys.has(appKey)
      if (good || (keys.size === 0 && clientId === undefined)) this.#prove(identity, opened)
      else if (keys.size < LISTED_KEYS && identity.provedAt < opened.askedAt) this.revoke(identity)
    }
  }
}
