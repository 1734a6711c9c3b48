/** The services that a gateway has met, served at the moment or not: one for each id and backend. */
import type { ThreeScaleClient } from '../client/client.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import { RETIRED_CLIENT_MS } from '../defaults.ts'
import type { ServiceState } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { captureContext } from '../primitives/async-context.ts'
import type { Clock } from '../primitives/clock.ts'
import type { RequestView } from '../request/request-view.ts'
import type { BackendAccess, ServiceSetup } from './configure-services.ts'
import type { ConfiguredService } from './configured-service.ts'
import { KeptService, type KeptServiceParts } from './kept-service.ts'

export interface KeptServicesOptions extends Omit<KeptServiceParts, 'retire'> {
  readonly ledger: Ledger
  readonly clock: Clock
  /** The user's client for all services, which is never closed here; undefined: each has one that is made here. */
  readonly client: ThreeScaleClient | undefined
  /** Whether authorizers open a store. */
  readonly hasStore: boolean
}

export class KeptServices {
  readonly #options: KeptServicesOptions
  /** By id and backend. */
  readonly #services = new Map<string, KeptService>()
  /** The present one of each id. */
  readonly #present = new Map<string | undefined, KeptService>()
  readonly #byLedger = new Map<ServiceState, KeptService>()
  /** All clients that were made and are not closed. */
  readonly #clients = new Set<ThreeScaleClient>()
  readonly #parts: KeptServiceParts

  constructor(options: KeptServicesOptions) {
    const { clock, client: given, createClient, createAuthorizer } = options
    // A request may be the first to need them, and must not be held by what they start.
    const inContext = captureContext()
    this.#options = options
    this.#parts = {
      createAuthorizer: (service) => inContext(() => createAuthorizer(service)),
      createClient: (access) => {
        if (given !== undefined) return given
        const client = inContext(() => createClient(access))
        this.#clients.add(client)
        return client
      },
      // Not at once: a call may be made a second time with the client with which it began.
      retire: (client) => {
        if (client !== given) clock.schedule(() => void this.#close(client), RETIRED_CLIENT_MS)
      },
    }
  }

  get all(): Iterable<KeptService> {
    return this.#services.values()
  }

  /** The service with its ledger and caches, if it was met before; it is the present one of its id from now on. */
  keep(access: BackendAccess, limitHeaders: ProtectedService['limitHeaders']): KeptService {
    const { ledger } = this.#options
    const key = keyOf(access)
    let service = this.#services.get(key)
    if (service !== undefined) {
      service.update(access, limitHeaders)
      ledger.present(service.ledger)
    } else {
      const own = this.#present.has(access.id) ? ledger.another(access.id) : ledger.service(access.id)
      service = new KeptService(own, access, limitHeaders, this.#parts)
      // A store is opened at once, as it is the only one.
      if (this.#options.hasStore) void service.authorizer
      this.#services.set(key, service)
      this.#byLedger.set(own, service)
    }
    this.#present.set(access.id, service)
    return service
  }

  /** Undefined for usage of another process's service that this one was never configured for. */
  of(ledger: ServiceState): KeptService | undefined {
    return this.#byLedger.get(ledger)
  }

  /** Why the service cannot be kept: a store has one session for each id, with what it counted. */
  conflictOf(access: BackendAccess): string | undefined {
    const isElsewhere = this.#present.has(access.id) && !this.#services.has(keyOf(access))
    if (!this.#options.hasStore || !isElsewhere) return undefined
    return 'its backend has changed, which a gateway with a store takes over when it starts'
  }

  /** Lets services rest that are not in use, and of which no usage is on its way. */
  restUnused(inUse: ReadonlySet<ProtectedService>): void {
    const busy = new Set<ServiceState>()
    for (const { service } of this.#options.ledger.busy) busy.add(service)
    for (const service of this.all) if (!inUse.has(service) && !busy.has(service.ledger)) service.rest()
  }

  /** Closes all clients that were made here. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => this.#close(client)))
  }

  async #close(client: ThreeScaleClient): Promise<void> {
    this.#clients.delete(client)
    await client.close()
  }
}

function keyOf({ id, backendUrl }: BackendAccess): string {
  return JSON.stringify([id ?? null, backendUrl ?? null])
}

/** A configured service of a setup and what stays of the service. */
export function keepService<View extends RequestView>(
  { access, limitHeaders, ...setup }: ServiceSetup<View>,
  kept: KeptServices,
): ConfiguredService<View> {
  return { ...setup, service: kept.keep(access, limitHeaders) }
}
