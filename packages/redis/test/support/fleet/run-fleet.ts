/** Plays a random schedule of a fleet, which a seed determines. */
import { PERIODS } from '../../../../core/src/domain/period.ts'
import type { ScriptSettings } from '../../../src/scripts/scripts.ts'
import { UsageShapes } from '../plan-layout.ts'
import { createRandom } from '../random.ts'
import { Backend, type FleetLimit } from './backend.ts'
import { EventQueue } from './event-queue.ts'
import { Judge, type Tally } from './judge.ts'
import { Member, type Surroundings } from './member.ts'
import { Server } from './server.ts'

/** What may happen in a schedule. */
export interface FleetOptions {
  readonly seed: number
  readonly steps: number
  readonly processes?: number
  /** Between two requests, on average, in milliseconds. */
  readonly everyMs?: number
  /** Between two events of those below, on average, in milliseconds. */
  readonly chaosMs?: number
  readonly faults?: boolean
  readonly kills?: boolean
  readonly pauses?: boolean
  readonly failovers?: boolean
  readonly empties?: boolean
  readonly outages?: boolean
  readonly changes?: boolean
  /** How wrong clocks may be, in milliseconds. */
  readonly skewMs?: number
  readonly policy?: Surroundings['policy']
  readonly staleMs?: number
  readonly tellCounts?: boolean
}

export interface FleetResult extends Tally {
  /** What was admitted, and is not at the backend; below 0: it is there twice. */
  readonly missing: number
  /** What still waits in the store; below 0: what is to be given back, of usage that was reported already. */
  readonly waiting: number
  readonly failovers: number
  readonly problems: readonly string[]
  readonly commands: number
}

/** The longest that the backend takes to count a report, in milliseconds. */
const LAG_MS = 50_000
const BEGINS = [
  '2026-01-15T10:20:30Z',
  '2026-12-31T23:58:50Z',
  '2026-02-28T23:58:40Z',
  '2026-03-01T23:59:20Z',
  '2026-01-18T23:58:10Z',
]
const APPLICATIONS = ['a0', 'a1', 'a2']
const UNLIMITED = 'a2'
const PARENTS = new Map([
  ['g', undefined],
  ['p', 'g'],
  ['m', 'p'],
  ['q', 'g'],
  ['x', undefined],
  ['y', 'x'],
  ['z', undefined],
])
const METRICS = [...PARENTS.keys()]

export async function runFleet(options: FleetOptions): Promise<FleetResult> {
  const schedule = new Schedule(options)
  return await schedule.run()
}

class Schedule {
  readonly #options: Required<FleetOptions>
  readonly #random: () => number
  readonly #queue: EventQueue
  readonly #server: Server
  readonly #backend: Backend
  readonly #judge: Judge
  readonly #around: Surroundings
  readonly #shapes = new UsageShapes()
  #backendDownUntil = 0
  #hot: { until: number; application: string; usage: Record<string, number> } | undefined
  #failovers = 0
  #calm = false

  constructor(options: FleetOptions) {
    const all: Required<FleetOptions> = { ...NOTHING, ...options }
    this.#options = all
    this.#random = createRandom(all.seed * 7919 + 13)
    this.#queue = new EventQueue(Date.parse(this.#one(BEGINS)))
    const settings: Partial<ScriptSettings> = { STALE: all.staleMs, TELL: all.tellCounts }
    this.#server = new Server(this.#queue, this.#random, settings, { faults: all.faults, lossMs: 1000 })
    this.#server.skewMs = this.#skew()
    this.#backend = new Backend(PARENTS, this.#limits(), UNLIMITED)
    this.#judge = new Judge(this.#queue, this.#backend)
    const { state } = this.#server.model
    const { tally } = this.#judge
    state.onDropped = (row, n) => {
      tally.dropped += this.#judge.units({ [metricOf(row)]: -n })
    }
    state.onDoubt = (rows) => {
      for (let i = 0; i < rows.length; i += 3) {
        tally.doubted += this.#judge.units({ [metricOf(String(rows[i + 1]))]: Number(rows[i + 2]) })
      }
    }
    this.#around = {
      queue: this.#queue,
      random: this.#random,
      server: this.#server,
      backend: this.#backend,
      policy: all.policy,
      staleMs: all.staleMs,
      skewMs: all.skewMs,
      tellCounts: all.tellCounts,
      questionFails: () => this.#backendIsDown() || (this.#faulty() && this.#random() < 0.1),
      reportFate: () => this.#reportFate(),
      onLeft: (member, unbooked) => this.#judge.ended(member, unbooked),
      onGivenUp: ({ rows }) => {
        for (const { metric, amount } of rows) tally.givenUp += this.#judge.units({ [metric]: amount })
      },
    }
  }

  async run(): Promise<FleetResult> {
    const { steps, processes, failovers } = this.#options
    for (let i = 0; i < processes; i++) this.#join()
    this.#queue.after(1500, () => this.#traffic())
    this.#queue.after(2000, () => this.#chaos())
    this.#queue.after(1, () => this.#count())
    if (failovers) this.#queue.after(100, () => this.#copy())
    for (let step = 0; step < steps; step++) await this.#queue.next()
    // Now everything works, until all is reported and counted.
    this.#calm = true
    this.#server.calm = true
    this.#backendDownUntil = 0
    const end = this.#queue.now + 300_000
    while (this.#queue.now < end) await this.#queue.next()
    this.#backend.count(0, Number.POSITIVE_INFINITY)
    const { tally, problems } = this.#judge
    const missing = tally.admitted - this.#backend.counts.total
    return {
      ...tally,
      missing,
      waiting: this.#waiting(),
      failovers: this.#failovers,
      problems,
      commands: this.#server.commands,
    }
  }

  #waiting(): number {
    let sum = 0
    for (const fields of this.#server.model.state.applications.values()) {
      for (const [field, n] of fields) {
        if (field.startsWith('+')) sum += this.#judge.units({ [metricOf(field)]: Number(n) })
      }
    }
    return sum
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!
  }

  #skew(): number {
    return Math.floor((this.#random() - 0.5) * 2 * this.#options.skewMs)
  }

  #faulty(): boolean {
    return !this.#calm && this.#options.faults
  }

  #backendIsDown(): boolean {
    return this.#queue.now < this.#backendDownUntil
  }

  #reportFate(): 'acked' | 'back' | 'lost answer' | 'never counted' {
    if (this.#backendIsDown()) return 'back'
    if (!this.#faulty() || this.#random() < 0.9) return 'acked'
    return this.#one(['back', 'lost answer', 'never counted'])
  }

  /** Tight ones, so that most requests meet them. */
  #limits(): FleetLimit[] {
    return METRICS.flatMap((metric) => {
      const limits: FleetLimit[] = []
      if (this.#random() < 0.7) limits.push({ metric, period: 'minute', max: 40 + this.#below(400) })
      if (this.#random() < 0.3) {
        limits.push({ metric, period: this.#one(['hour', 'day', 'eternity']), max: 200 + this.#below(3000) })
      }
      return limits
    })
  }

  #usage(): Record<string, number> {
    const usage: Record<string, number> = {}
    for (let i = 1 + this.#below(2); i > 0; i--) {
      const r = this.#random()
      usage[this.#one(METRICS)] = r < 0.05 ? 0 : r < 0.6 ? 1 : 1 + this.#below(4)
    }
    return usage
  }

  #join(): void {
    this.#judge.members.push(new Member(this.#around))
  }

  #working(): Member[] {
    return this.#judge.members.filter(({ dead, leaving }) => !dead && !leaving)
  }

  #traffic(): void {
    if (this.#calm) return
    const { now } = this.#queue
    const hot = this.#hot !== undefined && now < this.#hot.until ? this.#hot : undefined
    for (let i = hot === undefined ? 1 : 1 + this.#below(6); i > 0; i--) {
      const member = this.#one(this.#working())
      if (member === undefined || member.frozenUntil > now) continue
      const application = hot !== undefined && this.#random() < 0.9 ? hot.application : this.#one(APPLICATIONS)
      this.#request(member, application, hot !== undefined && this.#random() < 0.8 ? hot.usage : this.#usage())
    }
    if (this.#random() < 0.001) {
      this.#hot = { until: now + 200 + this.#below(20_000), application: this.#one(APPLICATIONS), usage: this.#usage() }
    }
    const pause = -Math.log(1 - this.#random()) * this.#options.everyMs * (hot === undefined ? 1 : 0.1)
    this.#queue.after(this.#random() < 0.9997 ? pause : this.#below(30_000), () => this.#traffic())
  }

  #request(member: Member, application: string, usage: Record<string, number>): void {
    const shape = this.#shapes.of(usage)
    const askedAt = this.#queue.now
    const asked = member.ask(application, shape)
    const alone = this.#options.policy !== 'deny' && this.#server.isDown
    if (asked instanceof Promise) {
      void asked.then((answer) => this.#judge.answered(member, application, shape, answer, askedAt, alone))
    } else this.#judge.answered(member, application, shape, asked, askedAt, alone)
  }

  #copy(): void {
    if (this.#calm) return
    this.#server.copy()
    this.#queue.after(this.#random() * 1000, () => this.#copy())
  }

  /** The backend counts some reports, and each one in time. */
  #count(): void {
    this.#backend.count(this.#below(2), this.#queue.now - LAG_MS + 1000)
    this.#queue.after(this.#random() * 1000, () => this.#count())
  }

  #chaos(): void {
    if (this.#calm) return
    const { kills, pauses, outages, faults, failovers, empties, changes, chaosMs, processes } = this.#options
    const working = this.#working()
    const member = this.#one(working)
    const { now } = this.#queue
    const r = this.#random()
    if (r < 0.15 && kills && working.length > 1) this.#kill(member)
    else if (r < 0.3 && pauses && member) member.frozenUntil = now + this.#below(this.#random() < 0.5 ? 3000 : 60_000)
    else if (r < 0.4) {
      if (working.length < processes + 3 && this.#random() < 0.5) this.#join()
      else if (working.length > 2) void member.leave()
    } else if (r < 0.5 && outages) this.#server.down(this.#below(20_000))
    else if (r < 0.55 && faults && member) member.cutUntil = now + this.#below(8000)
    else if (r < 0.6 && faults) this.#backendDownUntil = now + this.#below(40_000)
    else if (r < 0.68 && failovers) this.#failOver()
    else if (r < 0.7 && empties) {
      this.#server.empty()
      this.#server.down(1 + this.#below(4000))
    } else if (r < 0.8 && changes) this.#change()
    this.#queue.after(chaosMs * 2 * this.#random(), () => this.#chaos())
  }

  #kill(member: Member): void {
    member.dead = true
    this.#judge.killed(member)
    this.#queue.after(this.#random() * 5000, () => this.#calm || this.#join())
  }

  #failOver(): void {
    const moment = this.#server.failOver()
    if (moment === undefined) return
    this.#failovers += 1
    this.#server.skewMs = this.#skew()
    this.#server.down(1 + this.#below(4000))
    this.#judge.lostSince(moment)
  }

  /** Somebody changes a limit, or adds one. */
  #change(): void {
    const { limits } = this.#backend
    const limit = this.#one(limits)
    if (limit === undefined) return
    limit.max = this.#below(10) === 0 ? 0 : 18 + this.#below(360)
    this.#judge.noteLimit(limit)
    if (this.#random() > 0.3) return
    const added: FleetLimit = { metric: this.#one(METRICS), period: this.#one(PERIODS), max: 20 + this.#below(400) }
    if (limits.some(({ metric, period }) => metric === added.metric && period === added.period)) return
    limits.push(added)
    this.#judge.noteLimit(added)
  }
}

const NOTHING = {
  processes: 5,
  everyMs: 12,
  chaosMs: 4000,
  faults: false,
  kills: false,
  pauses: false,
  failovers: false,
  empties: false,
  outages: false,
  changes: false,
  skewMs: 0,
  policy: 'deny',
  staleMs: 60_000,
  tellCounts: false,
} as const

function metricOf(row: string): string {
  return row.slice(row.indexOf('|') + 1)
}
