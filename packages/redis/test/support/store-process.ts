/** A process of a real fleet, as far as its store sees it: 3scale always answers that nothing was counted yet. */
import type { Asked, Asking, ServiceStore, StoreMessage } from '@threescale/core'
import { createUsageShape } from '../../../core/src/domain/usage.ts'
import { systemClock } from '../../../core/src/primitives/clock.ts'
import { redisStore } from '../../src/redis-store.ts'
import type { SharedApplication } from '../../src/session/shared-application.ts'
import type { SendCommand } from '../../src/wire/send-command.ts'
import { PlanLayout, readLayout, storedWindow } from './plan-layout.ts'

export interface StoreProcess {
  readonly store: ServiceStore
  /** What the store told. */
  readonly messages: StoreMessage[]
  /** How often this process was to report. */
  reports: number
  ask(application: string, asking?: Asking): Promise<Asked>
  application(id: string): SharedApplication
  /** Its timers end; it tells nothing any more. */
  end(): void
}

export interface StoreProcessOptions {
  readonly service: string | undefined
  readonly secret?: string
  /** How much of `hits` an application may use in all eternity; undefined: as much as it likes. */
  readonly limit?: number | undefined
  readonly partitions?: number | undefined
  readonly intervalMs?: number | undefined
  readonly staleMs?: number | undefined
}

export const HITS = createUsageShape({ hits: 1 })

export function openProcess(send: SendCommand, options: StoreProcessOptions): StoreProcess {
  const { service, secret = 'a service token', limit, partitions, intervalMs = 10_000, staleMs = 60_000 } = options
  const layout = new PlanLayout(
    limit === undefined ? [] : [{ metric: 'hits', period: 'eternity', max: limit, covers: ['hits'] }],
  )
  const windows = layout.limits.map(({ period }) => ({ ...storedWindow(period, 0), current: 0 }))
  const applications = new Map<string, SharedApplication>()
  let ended = false
  const messages: StoreMessage[] = []
  const store = redisStore({
    send: (command, key) => (ended ? new Promise(() => {}) : send(command, key)),
    partitions,
  }).open({
    service,
    secret,
    settings: {
      ttlMs: 10_000,
      staleMs,
      denialTtlMs: 5000,
      settleMs: 60_000,
      intervalMs,
      maxPending: 1000,
      tellCounts: false,
    },
    clock: systemClock,
    readLayout,
    refresh: (application) => void store.apply(application, { asked: store.time(), layout: () => layout, windows }),
    report: () => {
      opened.reports += 1
    },
    tell: (message) => messages.push(message),
  })
  const application = (id: string) => {
    let known = applications.get(id)
    if (known === undefined) {
      known = store.application(id) as SharedApplication
      applications.set(id, known)
    }
    return known
  }
  const opened: StoreProcess = {
    store,
    messages,
    reports: 0,
    application,
    ask: async (id, asking = 'count') => await store.ask(application(id), HITS, asking),
    end: () => {
      ended = true
      void store.close({ timeoutMs: 0 })
    },
  }
  return opened
}
