/** What stays of a service when its configuration is replaced: its ledger, its caches, and how the backend is called. */
import type { Authorizer } from '../authorization/authorizer.ts'
import type { ThreeScaleClient } from '../client/client.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { BackendAccess } from './configure-services.ts'
import type { AuthorizedService } from './configured-service.ts'

export interface KeptServiceParts {
  createClient(access: BackendAccess): ThreeScaleClient
  createAuthorizer(service: KeptService): Authorizer
  /** Closes a client once the calls that were made with it have ended. */
  retire(client: ThreeScaleClient): void
}

/** A service at one backend. Client and caches are made when they are first needed. */
export class KeptService implements AuthorizedService {
  readonly ledger: ServiceLedger
  limitHeaders: ProtectedService['limitHeaders']
  readonly #parts: KeptServiceParts
  #access: BackendAccess
  #client: ThreeScaleClient | undefined
  #authorizer: Authorizer | undefined

  constructor(
    ledger: ServiceLedger,
    access: BackendAccess,
    limitHeaders: ProtectedService['limitHeaders'],
    parts: KeptServiceParts,
  ) {
    this.ledger = ledger
    this.#access = access
    this.limitHeaders = limitHeaders
    this.#parts = parts
  }

  get id(): string | undefined {
    return this.ledger.id
  }

  /** Calls with the credential of the moment, so that usage of before a change is reported with the new one. */
  get client(): ThreeScaleClient {
    this.#client ??= this.#parts.createClient(this.#access)
    return this.#client
  }

  get authorizer(): Authorizer {
    this.#authorizer ??= this.#parts.createAuthorizer(this)
    return this.#authorizer
  }

  /** Takes over a changed credential of ours, and header fields. */
  update(access: BackendAccess, limitHeaders: ProtectedService['limitHeaders']): void {
    const { serviceToken, providerKey } = this.#access
    const isSame = serviceToken === access.serviceToken && providerKey === access.providerKey
    this.#access = access
    this.limitHeaders = limitHeaders
    if (!isSame) this.#dropClient()
  }

  /** Drops caches and connections. What is asked for later is made anew. */
  rest(): void {
    this.#authorizer = undefined
    this.#dropClient()
  }

  #dropClient(): void {
    if (this.#client !== undefined) this.#parts.retire(this.#client)
    this.#client = undefined
  }
}
