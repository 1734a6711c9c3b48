/** Credentials that the backend has accepted, and the application whose limits they share. */
import type { Ending } from '../../decision/ending.ts'
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { LimitCount } from '../../domain/limit-count.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { limitCounts } from '../../ledger/plan/read-limits.ts'
import { detachString } from '../../primitives/detach-string.ts'
import { shortText } from '../../primitives/short-text.ts'
import { countAdded, countLate } from '../count-late.ts'
import type { MeteredAdmission } from '../metered-admission.ts'

/** All parts of credentials in one type; a part that a kind does not have is undefined. */
export interface AnyCredentials {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly clientId?: string | undefined
  readonly appKey?: string | undefined
  readonly redirectUrl?: string | undefined
}

export class Identity implements MeteredAdmission {
  // The hot path reads the first fields. V8 lays fields out in this order, so they share a cache line.
  /** The ledger of the application. */
  application: ApplicationLedger
  /** When the question was sent whose answer last accepted the caller, by our clock. */
  provedAt: number = Number.NEGATIVE_INFINITY
  /** The service's epoch at that time. */
  epoch = 0
  /** By how much the first refresh comes before `ttlMs` is over, in milliseconds. */
  earlyMs = 0
  // Copies of two credentials: comparing them here saves one property load per request.
  readonly #appKey: string | undefined
  readonly #redirectUrl: string | undefined
  readonly referrer: string | undefined
  /** Whether it was looked up since the last eviction; see `SecondChanceCache`. */
  used = true
  readonly service: ProtectedService
  readonly credentials: Credentials
  /** When the next refresh may start, by elapsed time. */
  retryAt: number = Number.NEGATIVE_INFINITY
  refreshing = false
  /** Identities with the same credential but another key, redirect URL or referrer; only the first one has them. */
  others: Map<string, Identity> | undefined = undefined
  /** The next identity of the same application, newest first. */
  sibling: Identity | undefined = undefined

  constructor(
    service: ProtectedService,
    credentials: Credentials,
    referrer: string | undefined,
    application: ApplicationLedger,
  ) {
    this.service = service
    this.credentials = detachCredentials(credentials)
    this.referrer = referrer === undefined ? undefined : detachString(referrer)
    this.application = application
    const { appKey, redirectUrl } = this.credentials as AnyCredentials
    this.#appKey = appKey
    this.#redirectUrl = redirectUrl
  }

  get applicationId(): string | undefined {
    return this.application.id
  }

  get plan(): string | undefined {
    return this.application.plan
  }

  limits(): readonly LimitCount[] {
    const { service } = this.application
    return limitCounts(this.application, service.at(service.ledger.clock.now()))
  }

  add(usage: UsageShape, ending: Ending | undefined): void {
    countAdded(this, usage, ending)
  }

  count(usage: UsageShape, code: number | undefined): void {
    countLate(this.application, usage, code)
  }

  /** Whether an answer that lists the application's keys proves this caller, even an answer about another caller. */
  get sharesProof(): boolean {
    const { userKey, redirectUrl } = this.credentials as AnyCredentials
    return userKey === undefined && redirectUrl === undefined && this.referrer === undefined
  }

  /** Whether all other fields match; the lookup has compared the credential itself. */
  is(credentials: AnyCredentials, referrer: string | undefined): boolean {
    return (
      this.#appKey === credentials.appKey && this.#redirectUrl === credentials.redirectUrl && this.referrer === referrer
    )
  }
}

/** Whether the caller's application is kept, and the last proof of the caller is of this epoch and not too old. */
export function isKnown({ provedAt, epoch, application }: Identity, now: number, staleMs: number): boolean {
  const age = now - provedAt
  // Not only `age < staleMs`: after the clock was set back the age is negative, which means unknown.
  return age >= 0 && age < staleMs && !application.evicted && epoch === application.service.epoch
}

/** Tells callers with the same credential apart: a short text that no two of them share. */
export function variantOf({ appKey, redirectUrl }: AnyCredentials, referrer: string | undefined): string {
  return shortText(`${part(appKey)}${part(redirectUrl)}${part(referrer)}`)
}

/** Tells all callers of a service apart: a short text that no two of them share, however one of them is spelled. */
export function identityText(credentials: Credentials, referrer: string | undefined): string {
  const any = credentials as AnyCredentials
  const { userKey, appId, clientId } = any
  return shortText(`${stored(userKey)}${stored(appId)}${stored(clientId)}${variantOf(any, referrer)}`)
}

function stored(name: string | undefined): string {
  return name === undefined ? '-' : part(storageKey(name))
}

function part(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`
}

function detachCredentials(credentials: Credentials): Credentials {
  // A literal keeps the usual kind small: V8 reserves room in an object that properties are added to.
  const { userKey } = credentials as AnyCredentials
  if (userKey !== undefined) return { userKey: detachString(userKey) }
  const detached: Record<string, string> = {}
  for (const [name, value] of Object.entries(credentials))
    if (typeof value === 'string') detached[name] = detachString(value)
  return detached as unknown as Credentials
}
