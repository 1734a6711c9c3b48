/** Gateways that load their configuration from a stub portal, with an emulator as the backend, on a manual clock. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createEmulator, type Emulator, type EmulatorState } from '@threescale/emulator'
import { onTestFinished } from 'vitest'
import { TRANSPORT, type TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import {
  CHANNELS,
  type ConfigurationMessage,
  createGateway,
  type Decision,
  type Gateway,
  type GatewayOptions,
  type PortalOptions,
} from '../../packages/core/src/index.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { viewOf } from '../../packages/core/test/requests.ts'
import { answerBy } from './answer-by.ts'
import { eventually } from './eventually.ts'
import { ManualClock } from './manual-clock.ts'
import { quietLogger } from './quiet-logger.ts'
import { type StubConfig, type StubPortal, startStubPortal } from './stub-portal.ts'

export interface PortalWorld {
  readonly portal: StubPortal
  readonly emulator: Emulator
  readonly clock: ManualClock
  /** Calls to the backend. */
  readonly calls: TransportRequest[]
  readonly messages: ConfigurationMessage[]
  open(portal?: Partial<PortalOptions>, options?: Partial<GatewayOptions>): Gateway
  /** Asks as the application `app` of a service, at its host. */
  ask(gateway: Gateway, service: number | string, url?: string): Promise<Decision>
  /** Lets time pass until something has happened, in steps of a second. */
  until(reached: () => boolean, what: string): Promise<void>
}

/** Services 1 to 9 exist at 3scale; the token of each is `token-ID`, and a rotated one `rotated-ID`. */
export async function createPortalWorld(configs: readonly StubConfig[]): Promise<PortalWorld> {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const portal = await startStubPortal(configs)
  const emulator = createEmulator({ clock, state: { services: Array.from({ length: 9 }, (_, i) => serviceOf(i + 1)) } })
  const calls: TransportRequest[] = []
  const messages: ConfigurationMessage[] = []
  const note = (message: unknown) => void messages.push(message as ConfigurationMessage)
  subscribe(CHANNELS.configuration, note)
  onTestFinished(async () => {
    unsubscribe(CHANNELS.configuration, note)
    await portal.close()
  })
  const seams = {
    [CLOCK]: clock,
    [TRANSPORT]: {
      async request(request: TransportRequest) {
        calls.push(request)
        return answerBy(emulator, request)
      },
    },
  }
  return {
    portal,
    emulator,
    clock,
    calls,
    messages,
    open(changes = {}, options = {}) {
      const gateway = createGateway({
        portal: { endpoint: portal.endpoint, ...changes },
        logger: quietLogger,
        ...seams,
        ...options,
      })
      onTestFinished(async () => {
        await gateway.close({ timeoutMs: 0 })
      })
      return gateway
    },
    async ask(gateway, service, url = '/?user_key=key') {
      const host = typeof service === 'number' ? `api-${service}.example.com` : service
      return gateway.evaluate({ ...viewOf({ url }), host })
    },
    async until(reached, what) {
      for (let second = 0; second < 600 && !reached(); second++) {
        await clock.advance(1000)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await eventually(reached, what)
    },
  }
}

function serviceOf(id: number): EmulatorState['services'][number] {
  return {
    id: String(id),
    backend_version: '1',
    provider_key: 'provider-key',
    service_tokens: [`token-${id}`, `rotated-${id}`],
    metrics: [{ id: '1', name: 'hits' }],
    plans: [{ id: 'basic', name: 'Basic' }],
    applications: [{ id: 'app', plan: 'basic', user_keys: ['key'] }],
  }
}
