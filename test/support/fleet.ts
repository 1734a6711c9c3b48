/** Gateways that share a store, as processes of a fleet do: one clock, one emulator, one store in memory. */
import { createGateway, type Decision, type Gateway, type GatewayOptions, type UsageStore } from '@threescale/core'
import { createEmulator, type Emulator, type EmulatorState } from '@threescale/emulator'
import {
  TRANSPORT,
  type TransportRequest,
  type TransportResponse,
} from '../../packages/core/src/client/transport/transport.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { answerBy } from './answer-by.ts'
import { ManualClock } from './manual-clock.ts'
import type { MemoryService } from './memory-service.ts'
import { MemoryStore } from './memory-store.ts'
import { quietLogger } from './quiet-logger.ts'
import { SERVICE } from './world.ts'

export interface Fleet {
  readonly clock: ManualClock
  readonly emulator: Emulator
  readonly store: MemoryStore
  /** The service in the store. */
  readonly shared: MemoryService
  readonly gateways: readonly Gateway[]
  /** Calls of all gateways, and which of them made each. */
  readonly calls: { readonly by: number; readonly request: TransportRequest }[]
  /** Answers in the backend's place. @param by which gateway calls. */
  fault: ((request: TransportRequest, pass: () => TransportResponse, by: number) => FaultyAnswer) | undefined
  /** One more process. */
  join(options?: Partial<GatewayOptions>): Gateway
  /** Calls since the fleet began, by endpoint. @param by of one gateway only. */
  count(endpoint: string, by?: number): number
}

/** Undefined: the backend's own answer. */
export type FaultyAnswer = TransportResponse | Promise<TransportResponse> | undefined

export interface FleetOptions {
  readonly state: EmulatorState
  readonly processes: number
  readonly options?: Partial<GatewayOptions>
  readonly reportDelayMs?: number
  readonly now?: string | number
  /** The store of one more process; undefined: each counts for itself. Default: the store in memory. */
  readonly openStore?: ((clock: ManualClock) => UsageStore | undefined) | undefined
}

export function createFleet(given: FleetOptions): Fleet {
  const { state, processes, options, reportDelayMs = 0, now } = given
  const clock = new ManualClock(now ?? '2026-03-10T10:20:30Z')
  const emulator = createEmulator({ state, clock, reportDelayMs })
  const store = new MemoryStore()
  const openStore = given.openStore ?? (() => store.forProcess())
  const gateways: Gateway[] = []
  const calls: Fleet['calls'] = []
  const fleet: Fleet = {
    clock,
    emulator,
    store,
    shared: store.service(SERVICE),
    gateways,
    calls,
    fault: undefined,
    join(more) {
      const by = gateways.length
      const seams = {
        [CLOCK]: clock,
        [TRANSPORT]: {
          async request(request: TransportRequest) {
            calls.push({ by, request })
            await undefined
            return fleet.fault?.(request, () => answerBy(emulator, request), by) ?? answerBy(emulator, request)
          },
        },
      }
      const gateway = createGateway({
        serviceId: SERVICE,
        serviceToken: 'token',
        backendUrl: 'http://127.0.0.1',
        cache: true,
        store: openStore(clock),
        logger: quietLogger,
        ...options,
        ...more,
        ...seams,
      })
      gateways.push(gateway)
      return gateway
    },
    count: (endpoint, by) =>
      calls.filter((call) => call.request.path.includes(`/${endpoint}.xml`) && (by ?? call.by) === call.by).length,
  }
  for (let process = 0; process < processes; process++) fleet.join()
  return fleet
}

/** A request with a user key. */
export function callOf(userKey: string, query = ''): Parameters<Gateway['evaluate']>[0] {
  return { method: 'GET', url: `/?user_key=${userKey}${query}`, header: () => undefined }
}

export function isAllowed(decision: Decision): boolean {
  return decision.outcome === 'allow'
}
