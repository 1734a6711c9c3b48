/** A store in memory that the gateways of a test share: the verbs without a network. */
import type { UsageStore } from '@threescale/core'
import { type MemoryServer, MemoryService } from './memory-service.ts'
import { MemoryServiceStore } from './memory-service-store.ts'

export class MemoryStore implements MemoryServer {
  readonly services: Map<string, MemoryService> = new Map()
  /** The store answers no process. */
  down = false
  /** Asks that reached the store. */
  asks = 0

  /** The store as one process sees it. */
  forProcess(): UsageStore {
    return { open: (host) => new MemoryServiceStore(this, this.service(host.service ?? ''), host) }
  }

  service(id: string): MemoryService {
    let service = this.services.get(id)
    if (service === undefined) {
      service = new MemoryService()
      this.services.set(id, service)
    }
    return service
  }
}
