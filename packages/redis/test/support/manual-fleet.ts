/** Processes on a manual clock, with the model as their server and a wire that a test breaks. */
import type { Asked, Asking, StoredApplication, StoreMessage, StoreSettings, UsageShape } from '@threescale/core'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { createUsageShape } from '../../../core/src/domain/usage.ts'
import { buildScripts, FIXED } from '../../src/scripts/scripts.ts'
import { ServiceInRedis } from '../../src/service/service-in-redis.ts'
import type { SharedApplication } from '../../src/session/shared-application.ts'
import { hashScripts } from '../../src/wire/script-runner.ts'
import { StoreModel } from './model/store-model.ts'
import { PlanLayout, type PlanLimit, readLayout, storedWindow } from './plan-layout.ts'

/** A command as the server saw it. */
export interface SeenCommand {
  readonly process: string
  /** The script, or the command. */
  readonly name: string
  readonly args: readonly string[]
}

/** What becomes of a command: 'ok', lost before or after it was applied, or refused with an error. */
export type Fate = 'ok' | 'lost request' | 'lost answer' | Error

export class ManualFleet {
  readonly clock: ManualClock = new ManualClock('2026-01-15T10:20:10Z')
  readonly model: StoreModel
  readonly seen: SeenCommand[] = []
  fate: (command: SeenCommand) => Fate = () => 'ok'
  /** The limits of all applications but 'free'. */
  limits: readonly PlanLimit[] = [{ metric: 'hits', period: 'minute', max: 10, covers: ['hits'] }]
  /** What 3scale has counted of each limit. */
  current = 0
  /** Whether 3scale answers questions. */
  answers = true
  readonly #settings: StoreSettings
  readonly #names: Map<string, string>

  constructor(settings: Partial<StoreSettings> = {}) {
    this.#settings = {
      ttlMs: 10_000,
      staleMs: 60_000,
      denialTtlMs: 5000,
      settleMs: 60_000,
      intervalMs: 10_000,
      maxPending: 1000,
      tellCounts: false,
      ...settings,
    }
    const { ttlMs, staleMs, intervalMs, settleMs, tellCounts } = this.#settings
    const constants = { TTL: ttlMs, STALE: staleMs, INTERVAL: intervalMs, SETTLE: settleMs, TELL: tellCounts, ...FIXED }
    this.model = new StoreModel(constants)
    this.#names = new Map(Object.entries(hashScripts(buildScripts(constants))).map(([name, { hash }]) => [hash, name]))
  }

  /** The commands of one name. */
  commands(name: string): SeenCommand[] {
    return this.seen.filter((command) => command.name === name)
  }

  /** What the model keeps of an application. */
  fields(application: string): Record<string, string | number> {
    return Object.fromEntries(this.model.state.applications.get(application) ?? [])
  }

  open(process = 'one'): ManualProcess {
    return new ManualProcess(this, process, this.#settings)
  }

  send(process: string, command: readonly string[]): Promise<unknown> {
    const [first, ...rest] = command as [string, ...string[]]
    const script = first === 'EVALSHA' ? this.#names.get(rest[0]!)! : undefined
    const seen = { process, name: script ?? first, args: script === undefined ? rest : rest.slice(4) }
    this.seen.push(seen)
    const fate = this.fate(seen)
    if (fate instanceof Error) return Promise.reject(fate)
    if (fate === 'lost request') return new Promise(() => {})
    const answer = this.#answer(seen, script)
    return fate === 'lost answer' ? new Promise(() => {}) : Promise.resolve(answer)
  }

  layoutOf(application: string): PlanLayout {
    return new PlanLayout(application === 'free' ? [] : this.limits)
  }

  #answer({ name, args }: SeenCommand, script: string | undefined): unknown {
    if (script !== undefined) return this.model.exec(script, this.clock.now(), args)
    if (name === 'GET') return this.model.state.layouts.get(args[0]!.slice(args[0]!.indexOf('}:l:') + 4)) ?? null
    return ''
  }
}

export class ManualProcess {
  readonly store: ServiceInRedis
  readonly messages: StoreMessage[] = []
  reports = 0
  readonly #applications = new Map<string, SharedApplication>()

  constructor(fleet: ManualFleet, name: string, settings: StoreSettings) {
    const { clock } = fleet
    const send = (command: string[]) => fleet.send(name, command)
    const defer = (task: () => void) => void setImmediate(task)
    this.store = new ServiceInRedis(
      { send, prefix: '', partitions: 1, waitMs: 1500, defer },
      {
        service: '7',
        secret: 'a service token',
        settings,
        clock,
        random: () => 0.5,
        readLayout,
        refresh: (application) => {
          if (fleet.answers) this.refresh(application, fleet)
        },
        report: () => {
          this.reports += 1
        },
        tell: (message) => this.messages.push(message),
      },
    )
  }

  application(id: string): SharedApplication {
    let application = this.#applications.get(id)
    if (application === undefined) {
      application = this.store.application(id)
      this.#applications.set(id, application)
    }
    return application
  }

  ask(id: string, usage: UsageShape = HITS, asking: Asking = 'count'): Asked | Promise<Asked> {
    return this.store.ask(this.application(id), usage, asking)
  }

  refresh(application: StoredApplication, fleet: ManualFleet): void {
    const asked = this.store.time()
    const layout = fleet.layoutOf(application.id)
    const windows = layout.limits.map(({ period }) => ({ ...storedWindow(period, asked), current: fleet.current }))
    void this.store.apply(application as SharedApplication, { asked, layout: () => layout, windows })
  }
}

export const HITS: UsageShape = createUsageShape({ hits: 1 })
