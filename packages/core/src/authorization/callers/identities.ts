/** The identities of one service: found by the credential's name at the backend, all other fields compared. */

import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { SecondChanceCache } from '../../primitives/second-chance-cache.ts'
import { type AnyCredentials, type Identity, variantOf } from './identity.ts'

// An application has at most 256 keys where they are listed, but any number of referrers can match a filter.
const MAX_VARIANTS = 512

/** Makes the object of a caller. */
export type CreateIdentity = (...caller: ConstructorParameters<typeof Identity>) => Identity

export class Identities {
  readonly #max: number
  readonly #createIdentity: CreateIdentity
  readonly #siblings = new WeakMap<ApplicationLedger, Identity>()
  // Created when first needed, because a service has one kind of credentials.
  #byUserKey: SecondChanceCache<string, Identity> | undefined
  #byAppId: SecondChanceCache<string, Identity> | undefined
  #byClientId: SecondChanceCache<string, Identity> | undefined

  constructor(max: number, createIdentity: CreateIdentity) {
    this.#max = max
    this.#createIdentity = createIdentity
  }

  /** Whether callers are known by user keys: then 3scale does not answer about an application id. */
  get byUserKey(): boolean {
    return this.#byUserKey !== undefined
  }

  find(credentials: Credentials, referrer: string | undefined): Identity | undefined {
    const any = credentials as AnyCredentials
    let first: Identity | undefined
    if (any.userKey !== undefined) first = this.#byUserKey?.get(any.userKey)
    else if (any.appId !== undefined) first = this.#byAppId?.get(any.appId)
    else first = this.#byClientId?.get(any.clientId!)
    // Only a name that is not found is looked at for white space: the stored name is the usual spelling.
    if (first === undefined) first = this.#findRespelled(any)
    if (first === undefined || first.is(any, referrer)) return first
    return first.others?.get(variantOf(any, referrer))
  }

  #findRespelled({ userKey, appId, clientId }: AnyCredentials): Identity | undefined {
    const given = userKey ?? appId ?? clientId!
    const stored = storageKey(given)
    if (stored === given) return undefined
    if (userKey !== undefined) return this.#byUserKey?.get(stored)
    return appId !== undefined ? this.#byAppId?.get(stored) : this.#byClientId?.get(stored)
  }

  /** The identity of a caller, new or known, with its application. */
  remember(
    service: ProtectedService,
    credentials: Credentials,
    referrer: string | undefined,
    application: ApplicationLedger,
  ): Identity {
    const known = this.find(credentials, referrer)
    if (known !== undefined && known.application === application) return known
    if (known !== undefined) this.forget(known)
    const identity = this.#createIdentity(service, credentials, referrer, application)
    const [cache, key] = this.#entryOf(identity)
    const first = cache.get(key)
    if (first === undefined) cache.set(key, identity)
    else this.#addVariant(first, identity)
    identity.sibling = this.#siblings.get(application)
    this.#siblings.set(application, identity)
    return identity
  }

  forget(identity: Identity): void {
    const [cache, key] = this.#entryOf(identity)
    const first = cache.peek(key)
    if (first === identity) {
      const [next, ...rest] = first.others?.values() ?? []
      cache.delete(key)
      if (next !== undefined) {
        next.others = undefined
        cache.set(key, next)
        for (const other of rest) this.#addVariant(next, other)
      }
    } else {
      first?.others?.delete(variantOf(identity.credentials as AnyCredentials, identity.referrer))
    }
    this.#unlink(identity)
  }

  forgetAllOf(application: ApplicationLedger): void {
    for (const identity of this.of(application)) this.forget(identity)
  }

  /** All identities of an application that are remembered. */
  of(application: ApplicationLedger): Identity[] {
    const all: Identity[] = []
    let identity = this.#siblings.get(application)
    while (identity !== undefined) {
      all.push(identity)
      identity = identity.sibling
    }
    return all
  }

  #addVariant(first: Identity, identity: Identity): void {
    first.others ??= new Map()
    if (first.others.size >= MAX_VARIANTS) {
      const oldest = first.others.values().next().value!
      first.others.delete(variantOf(oldest.credentials as AnyCredentials, oldest.referrer))
      this.#unlink(oldest)
    }
    first.others.set(variantOf(identity.credentials as AnyCredentials, identity.referrer), identity)
  }

  #unlink(identity: Identity): void {
    let before = this.#siblings.get(identity.application)
    if (before === identity) {
      if (identity.sibling === undefined) this.#siblings.delete(identity.application)
      else this.#siblings.set(identity.application, identity.sibling)
    } else {
      while (before !== undefined && before.sibling !== identity) before = before.sibling
      if (before !== undefined) before.sibling = identity.sibling
    }
    identity.sibling = undefined
  }

  #entryOf({ credentials }: Identity): [SecondChanceCache<string, Identity>, string] {
    const { userKey, appId, clientId } = credentials as AnyCredentials
    if (userKey !== undefined) {
      this.#byUserKey ??= this.#create()
      return [this.#byUserKey, storageKey(userKey)]
    }
    if (appId !== undefined) {
      this.#byAppId ??= this.#create()
      return [this.#byAppId, storageKey(appId)]
    }
    this.#byClientId ??= this.#create()
    return [this.#byClientId, storageKey(clientId!)]
  }

  #create(): SecondChanceCache<string, Identity> {
    return new SecondChanceCache(this.#max, (first) => {
      this.#unlink(first)
      for (const other of first.others?.values() ?? []) this.#unlink(other)
    })
  }
}
