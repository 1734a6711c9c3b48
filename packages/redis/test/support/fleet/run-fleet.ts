/** Plays a random schedule of a fleet, which a seed determines. */
import type { ScriptSettings } from '../../../src/scripts/scripts.ts'
import { UsageShapes } from '../plan-layout.ts'
import { createRandom } from '../random.ts'
import { Backend } from './backend.ts'
import { Chaos, type Stage } from './chaos.ts'
import { EventQueue } from './event-queue.ts'
import { type FleetOptions, type FleetResult, NOTHING } from './fleet-options.ts'
import { Judge } from './judge.ts'
import { Member, type MemberAnswer, type Surroundings } from './member.ts'
import { type Mirror, Server } from './server.ts'
import { APPLICATIONS, BEGINS, type Chance, PARENTS, randomLimits, randomUsage, UNLIMITED } from './setting.ts'

/** The longest that the backend takes to count a report, in milliseconds. */
const LAG_MS = 50_000
/** @param mirror a real server beside the model. */
export async function runFleet(options: FleetOptions, mirror?: Mirror): Promise<FleetResult> {
  const schedule = new Schedule(options, mirror)
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
  #hot: { until: number; application: string; usage: Record<string, number> } | undefined
  readonly #chaos: Chaos
  readonly #chance: Chance
  #calm = false

  constructor(options: FleetOptions, mirror: Mirror | undefined) {
    const all: Required<FleetOptions> = { ...NOTHING, ...options }
    this.#options = all
    this.#random = createRandom(all.seed * 7919 + 13)
    this.#chance = { random: this.#random, below: (n) => this.#below(n), one: (items) => this.#one(items) }
    this.#queue = new EventQueue(Date.parse(this.#one(BEGINS)))
    const settings: Partial<ScriptSettings> = { STALE: all.staleMs, TELL: all.tellCounts }
    this.#server = new Server(this.#queue, this.#random, settings, { faults: all.faults, lossMs: 1000 }, mirror)
    this.#server.skewMs = this.#skew()
    this.#backend = new Backend(PARENTS, randomLimits(this.#chance), UNLIMITED)
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
    this.#chaos = new Chaos(this.#stage())
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
    this.#queue.after(2000, () => this.#happen())
    this.#queue.after(1, () => this.#count())
    if (failovers) this.#queue.after(100, () => this.#copy())
    for (let step = 0; step < steps; step++) await this.#queue.next()
    // Now everything works, until all is reported and counted.
    this.#calm = true
    this.#server.calm = true
    this.#chaos.backendDownUntil = 0
    const end = this.#queue.now + 300_000
    while (this.#queue.now < end) await this.#queue.next()
    this.#backend.count(0, Number.POSITIVE_INFINITY)
    const { tally, problems } = this.#judge
    const missing = tally.admitted - this.#backend.counts.total
    return {
      ...tally,
      missing,
      waiting: this.#waiting(),
      failovers: this.#chaos.failovers,
      problems,
      difference: this.#server.difference,
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

  #stage(): Stage {
    const calm = () => this.#calm
    return {
      ...this.#chance,
      options: this.#options,
      queue: this.#queue,
      server: this.#server,
      backend: this.#backend,
      judge: this.#judge,
      get calm() {
        return calm()
      },
      skew: () => this.#skew(),
      working: () => this.#working(),
      join: () => this.#join(),
    }
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
    return this.#queue.now < this.#chaos.backendDownUntil
  }

  #reportFate(): 'acked' | 'back' | 'lost answer' | 'never counted' {
    if (this.#backendIsDown()) return 'back'
    if (!this.#faulty() || this.#random() < 0.9) return 'acked'
    return this.#one(['back', 'lost answer', 'never counted'])
  }

  #join(): void {
    if (this.#working().length >= this.#options.processes + 3) return
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
      this.#request(
        member,
        application,
        hot !== undefined && this.#random() < 0.8 ? hot.usage : randomUsage(this.#chance),
      )
    }
    if (this.#random() < 0.001) {
      this.#hot = {
        until: now + 200 + this.#below(3000),
        application: this.#one(APPLICATIONS),
        usage: randomUsage(this.#chance),
      }
    }
    const pause = -Math.log(1 - this.#random()) * this.#options.everyMs * (hot === undefined ? 1 : 0.1)
    this.#queue.after(this.#random() < 0.9997 ? pause : this.#below(30_000), () => this.#traffic())
  }

  #request(member: Member, application: string, usage: Record<string, number>): void {
    const shape = this.#shapes.of(usage)
    const askedAt = this.#queue.now
    const answered = ({ asked, alone }: MemberAnswer) =>
      this.#judge.answered(member, application, shape, asked, askedAt, alone)
    const answer = member.ask(application, shape)
    if (answer instanceof Promise) void answer.then(answered)
    else answered(answer)
  }

  async #copy(): Promise<void> {
    if (this.#calm) return
    await this.#server.copy()
    this.#queue.after(this.#random() * 1000, () => this.#copy())
  }

  /** The backend counts some reports, and each one in time. */
  #count(): void {
    this.#backend.count(this.#below(2), this.#queue.now - LAG_MS + 1000)
    this.#queue.after(this.#random() * 1000, () => this.#count())
  }

  async #happen(): Promise<void> {
    if (this.#calm) return
    await this.#one(this.#chaos.happenings)()
    this.#queue.after(this.#options.chaosMs * 2 * this.#random(), () => this.#happen())
  }
}

function metricOf(row: string): string {
  return row.slice(row.indexOf('|') + 1)
}
