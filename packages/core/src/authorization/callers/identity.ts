/** A caller that the backend has let in before, and whose limits he shares. */
import type { Admission } from '../../decision/allowed-decision.ts'
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { usageReports } from '../../ledger/plan/read-limits.ts'
import { detachString } from '../../primitives/detach-string.ts'

/** Every part of credentials under one type; what a kind does not have is undefined. */
export interface AnyCredentials {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly clientId?: string | undefined
  readonly appKey?: string | undefined
  readonly redirectUrl?: string | undefined
}

export class Identity implements Admission {
  // Each decision looks at the first of these: they are kept side by side, what V8 lays out in this order.
  /** The count of his application. */
  application: ApplicationLedger
  /** When an answer that lets him in was asked for, by our clock. */
  provedAt: number = Number.NEGATIVE_INFINITY
  /** The service's epoch then. */
  epoch = 0
  /** How much sooner than a ttl after that he is refreshed, milliseconds. */
  earlyMs = 0
  // Said again beside the credentials, for one object less to look into.
  readonly #appKey: string | undefined
  readonly #redirectUrl: string | undefined
  readonly referrer: string | undefined
  /** Asked for since room was last made; see SecondChanceCache. */
  used = true
  readonly service: ProtectedService
  readonly credentials: Credentials
  /** Not refreshed again before, by elapsed time. */
  retryAt: number = Number.NEGATIVE_INFINITY
  refreshing = false
  /** Others with the same credential but another key, redirect URL or referrer; kept by the first. */
  others: Map<string, Identity> | undefined = undefined
  /** Next of the same application, newest first. */
  sibling: Identity | undefined = undefined

  constructor(
    service: ProtectedService,
    credentials: Credentials,
    referrer: string | undefined,
    application: ApplicationLedger,
  ) {
    this.service = service
    this.credentials = ownCredentials(credentials)
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

  limits(): readonly UsageReport[] {
    const { service } = this.application
    return usageReports(this.application, service.at(service.ledger.clock.now()))
  }

  /** Whether an answer that lists the application's keys proves him, whoever was asked about. */
  get sharesProof(): boolean {
    const { userKey, redirectUrl } = this.credentials as AnyCredentials
    return userKey === undefined && redirectUrl === undefined && this.referrer === undefined
  }

  /** Whether he is the one, every field compared; the credential itself was compared by the lookup. */
  is(credentials: AnyCredentials, referrer: string | undefined): boolean {
    return (
      this.#appKey === credentials.appKey && this.#redirectUrl === credentials.redirectUrl && this.referrer === referrer
    )
  }
}

/** What tells those with the same credential apart, as a text that no two different callers share. */
export function variantOf({ appKey, redirectUrl }: AnyCredentials, referrer: string | undefined): string {
  return `${part(appKey)}${part(redirectUrl)}${part(referrer)}`
}

/** The whole identity within a service, likewise unambiguous. */
export function identityText(credentials: Credentials, referrer: string | undefined): string {
  const any = credentials as AnyCredentials
  const { userKey, appId, clientId } = any
  return `${part(userKey)}${part(appId)}${part(clientId)}${variantOf(any, referrer)}`
}

function part(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`
}

function ownCredentials(credentials: Credentials): Credentials {
  // The usual kind as small as it can be: an object that is added to has room for more.
  const { userKey } = credentials as AnyCredentials
  if (userKey !== undefined) return { userKey: detachString(userKey) }
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(credentials))
    if (typeof value === 'string') own[name] = detachString(value)
  return own as unknown as Credentials
}
