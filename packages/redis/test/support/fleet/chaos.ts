/** What happens to a fleet: processes, servers, networks, limits. */
import { PERIODS } from '../../../../core/src/domain/period.ts'
import type { Backend, FleetLimit } from './backend.ts'
import type { EventQueue } from './event-queue.ts'
import type { FleetOptions } from './fleet-options.ts'
import type { Judge } from './judge.ts'
import type { Member } from './member.ts'
import type { Server } from './server.ts'
import { METRICS } from './setting.ts'

/** Where it happens. */
export interface Stage {
  readonly options: FleetOptions
  readonly queue: EventQueue
  readonly server: Server
  readonly backend: Backend
  readonly judge: Judge
  /** Nothing happens any more. */
  readonly calm: boolean
  /** 0 to 1. */
  random(): number
  below(n: number): number
  one<Item>(items: readonly Item[]): Item
  /** How far the clock of the next server is ahead. */
  skew(): number
  working(): Member[]
  join(): void
}

export class Chaos {
  readonly #stage: Stage
  failovers = 0
  /** 3scale does not answer before. */
  backendDownUntil = 0

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** What may happen, each as likely as the others. */
  get happenings(): readonly (() => unknown)[] {
    const { kills, pauses, outages, faults, failovers, empties, changes } = this.#stage.options
    const some = (act: (member: Member, now: number) => void) => () => {
      const member = this.#stage.one(this.#stage.working())
      if (member !== undefined) act(member, this.#stage.queue.now)
    }
    const pause = some((member, now) => {
      member.frozenUntil = now + this.#stage.below(this.#stage.random() < 0.5 ? 3000 : 60_000)
      this.#stage.judge.silenced(member)
    })
    const cut = some((member, now) => {
      member.cutUntil = now + this.#stage.below(8000)
      this.#stage.judge.silenced(member)
    })
    const backendDown = () => {
      this.backendDownUntil = this.#stage.queue.now + this.#stage.below(20_000)
    }
    const comeOrGo = some((member) => {
      if (this.#stage.random() < 0.5) this.#stage.join()
      else if (this.#stage.working().length > 2) void member.leave()
    })
    return [
      comeOrGo,
      ...(kills ? [some((member) => this.#kill(member))] : []),
      ...(pauses ? [pause] : []),
      ...(outages ? [() => this.#stage.server.down(this.#stage.below(20_000))] : []),
      ...(faults ? [cut, backendDown] : []),
      ...(failovers ? [() => this.#failOver()] : []),
      ...(empties ? [() => this.#empty()] : []),
      ...(changes ? [() => this.#change()] : []),
    ]
  }

  #kill(member: Member): void {
    if (this.#stage.working().length < 2) return
    member.dead = true
    this.#stage.judge.killed(member)
    this.#stage.queue.after(this.#stage.random() * 5000, () => this.#stage.calm || this.#stage.join())
  }

  async #failOver(): Promise<void> {
    const moment = await this.#stage.server.failOver()
    if (moment === undefined) return
    this.failovers += 1
    this.#stage.server.skewMs = this.#stage.skew()
    this.#stage.server.down(1 + this.#stage.below(4000))
    this.#stage.judge.lostSince(moment)
  }

  async #empty(): Promise<void> {
    await this.#stage.server.empty()
    this.#stage.server.down(1 + this.#stage.below(4000))
  }

  /** A limit is changed, or one is added. */
  #change(): void {
    const { limits } = this.#stage.backend
    const limit = this.#stage.one(limits)
    if (limit === undefined) return
    limit.max = this.#stage.below(10) === 0 ? 0 : 18 + this.#stage.below(360)
    this.#stage.judge.noteLimit(limit)
    if (this.#stage.random() > 0.3) return
    const added: FleetLimit = {
      metric: this.#stage.one(METRICS),
      period: this.#stage.one(PERIODS),
      max: 20 + this.#stage.below(400),
    }
    if (limits.some(({ metric, period }) => metric === added.metric && period === added.period)) return
    limits.push(added)
    this.#stage.judge.noteLimit(added)
  }
}
