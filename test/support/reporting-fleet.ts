/** Gateways that share the model of a Redis, one of which reports for all; processes die, and the store goes away. */
import type { Gateway, GatewayOptions, UsageSums } from '@threescale/core'
import type { EmulatorState } from '@threescale/emulator'
import { redisStore } from '@threescale/redis'
import { callOf, createFleet, type Fleet, isAllowed } from './fleet.ts'
import type { ManualClock } from './manual-clock.ts'
import { ModelRedis } from './model-redis.ts'
import { SERVICE } from './world.ts'

export interface ReportingFleetOptions {
  readonly state: EmulatorState
  readonly processes?: number
  readonly options?: Partial<GatewayOptions>
  /** How long usage waits for a report, in milliseconds. Default 10,000. */
  readonly intervalMs?: number
  /** Stands before all keys. */
  readonly prefix?: string
  /** Sends commands to a real server, with the time of the clock. Default: the model. */
  readonly connect?: ((clock: ManualClock) => ModelRedis['send']) | undefined
}

type Amounts = Record<string, number>

export class ReportingFleet {
  readonly fleet: Fleet
  /** Empty where a real server is used. */
  readonly redis: ModelRedis
  /** Usage that was told to be given up, by metric. */
  readonly lost: Amounts = {}
  readonly reasons: string[] = []
  /** Usage of allowed requests, by metric. */
  readonly admitted: Amounts = {}
  /** The store answers no process. */
  down = false
  /** A real server answers no command, so the clock does not wait for it. */
  stalls = false
  /** Called with each command once it was executed, and which process sent it. */
  onCommand: (command: 'take' | 'other', by: number) => void = () => {}
  readonly #open: (() => void)[] = []
  #status = 200
  readonly #dead = new Set<number>()
  readonly #paused = new Set<number>()
  /** Commands that the server has not answered. */
  #underWay = 0

  constructor({ state, processes = 3, options, intervalMs = 10_000, prefix, connect }: ReportingFleetOptions) {
    let redis: ModelRedis | undefined
    let opened = 0
    this.fleet = createFleet({
      state,
      processes: 0,
      options: { report: { intervalMs }, ...options },
      openStore: (clock) => {
        redis ??= new ModelRedis(clock, { INTERVAL: intervalMs })
        const by = opened++
        const send = connect?.(clock) ?? redis.send
        return redisStore({ prefix, send: (command) => this.#send(send, command, by) })
      },
    })
    const { join, gateways } = this.fleet
    this.fleet.join = (more) => join({ logger: this.#logger(gateways.length), ...more })
    for (let process = 0; process < processes; process++) this.fleet.join()
    this.redis = redis!
    this.fleet.fault = () => undefined
  }

  /** All responses that have not ended end with a status. */
  settleAll(status: number): void {
    this.#status = status
    for (const settle of this.#open.splice(0)) settle()
  }

  /** A process dies: from now on it says nothing and hears nothing. */
  kill(by: number): void {
    this.#dead.add(by)
  }

  /** The store does not hear a process until it is resumed. */
  pause(by: number): void {
    this.#paused.add(by)
  }

  resume(by: number): void {
    this.#paused.delete(by)
  }

  isDead(by: number): boolean {
    return this.#dead.has(by)
  }

  /** What the backend does with reports; `pass` gives its own answer. Dead processes are not heard. */
  onReport(answer: (pass: () => { readonly status: number }, body: string, by: number) => unknown): void {
    this.fleet.fault = (request, pass, by) => {
      if (this.#dead.has(by)) return new Promise(() => {})
      if (request.method !== 'POST') return undefined
      const given = answer(pass, decodeURIComponent(String(request.body)), by)
      // It may have died by that.
      if (this.#dead.has(by)) return new Promise(() => {})
      return given as ReturnType<NonNullable<Fleet['fault']>>
    }
  }

  /** Each gateway is asked so often. @returns how many requests were admitted. */
  async ask(times: number, key = 'k1', path = '/'): Promise<number> {
    const asked = this.fleet.gateways.flatMap((gateway, by) =>
      this.#dead.has(by) ? [] : Array.from({ length: times }, () => this.#ask(gateway, key, path)),
    )
    return (await this.during(500, Promise.all(asked))).filter(Boolean).length
  }

  /** Lets time pass while all processes are used, so that none of them sleeps. */
  async live(ms: number): Promise<void> {
    const { clock } = this.fleet
    for (const end = clock.elapsed() + ms; clock.elapsed() < end; ) {
      await this.ask(1, 'k3')
      await this.pass(4500)
    }
  }

  async pass(ms: number): Promise<void> {
    const { clock } = this.fleet
    for (const end = clock.elapsed() + ms; clock.elapsed() < end; ) {
      do await new Promise((resolve) => setImmediate(resolve))
      while (this.#underWay > 0 && !this.stalls)
      await clock.advance(Math.min(250, end - clock.elapsed()))
    }
  }

  /** Waits for what takes time on the clock, `ms` at least. */
  async during<Result>(ms: number, result: Promise<Result>): Promise<Result> {
    let ended = false
    const noted = result.finally(() => {
      ended = true
    })
    do await this.pass(ms)
    while (!ended)
    return await noted
  }

  /** What 3scale has counted, by metric. */
  counted(): Amounts {
    const counted: Amounts = {}
    for (const metrics of Object.values(this.fleet.emulator.usage()[SERVICE] ?? {})) {
      for (const [metric, periods] of Object.entries(metrics)) {
        const { eternity = 0 } = periods as Record<string, number>
        if (eternity > 0) counted[metric] = (counted[metric] ?? 0) + eternity
      }
    }
    return counted
  }

  /** The states of the batches in the store. */
  states(): string[] {
    return [...this.redis.model.state.batches.values()].map(({ st }) => st)
  }

  /** Usage that waits in the store, by metric. */
  waiting(): Amounts {
    const waiting: Amounts = {}
    for (const fields of this.redis.model.state.applications.values()) {
      for (const [field, value] of fields) {
        const metric = /^[+*][^|]*\|(.*)$/.exec(field)?.[1]
        if (metric !== undefined) waiting[metric] = (waiting[metric] ?? 0) + Number(value)
      }
    }
    return waiting
  }

  /** The sums of all processes together. */
  sums(metric = 'hits'): Record<keyof UsageSums, number> {
    const sum = { admitted: 0, acknowledged: 0, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0, shared: 0 }
    for (const gateway of this.fleet.gateways) {
      const own = gateway.stats().usage[metric]
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += own?.[name] ?? 0
    }
    return sum
  }

  async #ask(gateway: Gateway, key: string, path: string): Promise<boolean> {
    const { url, ...call } = callOf(key)
    const decision = await gateway.evaluate({ ...call, url: url.replace('/', path) })
    if (!isAllowed(decision) || decision.outcome !== 'allow') return false
    this.#open.push(() => gateway.settle(decision, { status: this.#status, finished: true, header: () => undefined }))
    for (const [metric, amount] of Object.entries(decision.usage)) {
      this.admitted[metric] = (this.admitted[metric] ?? 0) + amount
    }
    return true
  }

  async #send(send: ModelRedis['send'], command: readonly string[], by: number): Promise<unknown> {
    if (this.#dead.has(by)) return await new Promise(() => {})
    if (this.down || this.#paused.has(by)) throw new Error('connect ECONNREFUSED')
    this.#underWay += 1
    const answer = await send(command).finally(() => {
      this.#underWay -= 1
    })
    // EVAL or EVALSHA, script, 1, keys, time, batch
    this.onCommand(command[0]!.startsWith('EVAL') && command.length === 6 ? 'take' : 'other', by)
    return this.#dead.has(by) ? await new Promise(() => {}) : answer
  }

  /** What a dead process tells nobody hears. */
  #logger(by: number): GatewayOptions['logger'] {
    return {
      debug() {},
      info() {},
      error() {},
      warn: (facts: object) => {
        const { kind, reason, usage } = facts as { kind?: string; reason?: string; usage?: Amounts }
        if (kind !== 'given-up' || usage === undefined || this.#dead.has(by)) return
        this.reasons.push(reason!)
        for (const [metric, amount] of Object.entries(usage)) this.lost[metric] = (this.lost[metric] ?? 0) + amount
      },
    }
  }
}
