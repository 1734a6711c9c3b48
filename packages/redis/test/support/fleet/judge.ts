/** The truth about a simulated fleet: what was admitted, and whether each answer was right. */
import type { Asked, UnbookedUsage, UsageShape } from '@threescale/core'
import { ancestorsOf, type Backend, type FleetLimit, WindowCounts } from './backend.ts'
import type { EventQueue } from './event-queue.ts'
import type { Member } from './member.ts'

/** Limits that were changed hold for their old and their new maximum so long, milliseconds. */
const CHANGE_MS = 75_000
/** How long usage may wait until it is booked, and how long a process takes to tell a server again what it lacks. */
const BOOKED_MS = 1300
const TOLD_AGAIN_MS = 6000
/** Who is silent for so long after a server has taken over may not tell it again in time: the others wait for 5 s. */
const SILENT_MS = 3000
/** How long a grant that came too late may still be counted. */
const LATE_MS = 10_000

export interface Tally {
  decisions: number
  yes: number
  no: number
  later: number
  unsettled: number
  /** Units over a limit that nothing explains. */
  over: number
  /** Units over because their bookings died with their process in the second that a failover lost. */
  overDead: number
  /** Units over while the store was away, by a policy that allows it. */
  overAlone: number
  /** Denials that no limit explains. */
  wrongNo: number
  /** Denials by grants that nobody waits for any more, or whose answer is on its way. */
  earlyNo: number
  admitted: number
  givenUp: number
  /** Of killed processes: usage that was not booked, and requests that may have been counted. */
  owedAtKill: number
  askedAtKill: number
  deadLost: number
  doubted: number
  dropped: number
}

interface Admission {
  readonly member: Member
  readonly at: number
  readonly application: string
  readonly usage: UsageShape
  readonly minute: number
}

export class Judge {
  readonly tally: Tally = {
    decisions: 0,
    yes: 0,
    no: 0,
    later: 0,
    unsettled: 0,
    over: 0,
    overDead: 0,
    overAlone: 0,
    wrongNo: 0,
    earlyNo: 0,
    admitted: 0,
    givenUp: 0,
    owedAtKill: 0,
    askedAtKill: 0,
    deadLost: 0,
    doubted: 0,
    dropped: 0,
  }
  /** The first mistakes, in words. */
  readonly problems: string[] = []
  readonly members: Member[] = []
  readonly #queue: EventQueue
  readonly #backend: Backend
  readonly #truth: WindowCounts
  readonly #dead: WindowCounts
  readonly #alone: WindowCounts
  /** Admissions of the last seconds. */
  #recent: Admission[] = []
  readonly #changes = new Map<FleetLimit, { readonly at: number; readonly max: number }[]>()
  /** What the present server lacks. */
  #lost = { since: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY }
  #changedAt = Number.NEGATIVE_INFINITY

  constructor(queue: EventQueue, backend: Backend) {
    this.#queue = queue
    this.#backend = backend
    this.#truth = new WindowCounts(backend.parents)
    this.#dead = new WindowCounts(backend.parents)
    this.#alone = new WindowCounts(backend.parents)
    for (const limit of backend.limits) this.noteLimit(limit, Number.NEGATIVE_INFINITY)
  }

  /** A limit has its present maximum from now on. */
  noteLimit(limit: FleetLimit, at: number = this.#queue.now): void {
    const had =
      this.#changes.get(limit) ?? (at > 0 ? [{ at: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }] : [])
    this.#changes.set(limit, [...had, { at, max: limit.max }])
    if (at > 0) this.#changedAt = at
  }

  /** Metrics and their ancestors. */
  units(usage: Readonly<Record<string, number>>, times = 1): number {
    const of = (metric: string) => ancestorsOf(this.#backend.parents, metric).length
    return Object.entries(usage).reduce((sum, [metric, amount]) => sum + of(metric) * amount * times, 0)
  }

  /** @param askedAt when the request came. */
  answered(
    member: Member,
    application: string,
    usage: UsageShape,
    asked: Asked,
    askedAt: number,
    alone: boolean,
  ): void {
    const { tally } = this
    tally.decisions += 1
    tally[asked.kind] += 1
    if (asked.kind === 'yes') this.#admit(member, application, usage, asked.minute, alone)
    if (asked.kind === 'no') this.#denied(member, application, usage, askedAt)
  }

  /** A process is killed: what it had not booked is lost, and what it had asked may be counted. */
  killed(member: Member): void {
    this.ended(member, member.store.unbooked())
    this.tally.deadLost += this.#untold(member)
  }

  /** A process is paused or cut off. Others do not wait for long until it has told a server again what that lacks. */
  silenced(member: Member): void {
    if (Math.max(member.frozenUntil, member.cutUntil) >= this.#lost.until + SILENT_MS) this.#untold(member)
  }

  /** A process has ended: what it had not booked is lost here, and what it had asked may be counted. */
  ended(member: Member, { owed, doubtful }: UnbookedUsage): void {
    for (const { metric, amount } of [...owed, ...doubtful]) {
      // What is below 0 was to be given back.
      this.tally[amount > 0 ? 'owedAtKill' : 'askedAtKill'] += this.units({ [metric]: Math.abs(amount) })
    }
    for (const { usage, overAt } of member.outstanding) {
      const late = overAt !== undefined && overAt < this.#queue.now - LATE_MS
      if (member.dead || !late) this.tally.askedAtKill += this.units(usage.usage)
    }
  }

  /** A server has taken over that lacks what came after a moment. Who is dead or paused cannot tell it again. */
  lostSince(moment: number): void {
    this.#lost = { since: moment, until: this.#queue.now }
    for (const { member, at, application, usage, minute } of this.#recent) {
      const gone = member.dead || member.leaving
      const silent = Math.max(member.frozenUntil, member.cutUntil) >= this.#queue.now + SILENT_MS
      if (at < moment || (!gone && !silent)) continue
      this.#dead.add(application, usage.usage, minute)
      if (gone) this.tally.deadLost += this.units(usage.usage)
    }
  }

  /** What a process may not have told the present server yet. */
  #untold(member: Member): number {
    const { since, until } = this.#lost
    let units = 0
    if (this.#queue.now - until > TOLD_AGAIN_MS) return units
    for (const { member: of, at, application, usage, minute } of this.#recent) {
      if (of !== member || at < since - BOOKED_MS || at >= until) continue
      this.#dead.add(application, usage.usage, minute)
      units += this.units(usage.usage)
    }
    return units
  }

  #admit(member: Member, application: string, usage: UsageShape, minute: number, alone: boolean): void {
    this.#truth.add(application, usage.usage, minute)
    if (alone) this.#alone.add(application, usage.usage, minute)
    this.tally.admitted += this.units(usage.usage)
    this.#recent.push({ member, at: this.#queue.now, application, usage, minute })
    if (this.#recent.length > 20_000) this.#recent = this.#recent.slice(10_000)
    this.#eachLimit(application, usage, (limit, need) => {
      const { metric, period } = limit
      const count = this.#truth.get(application, metric, period, minute)
      const over = Math.min(need, count - this.#range(limit)[1])
      if (over <= 0) return
      const without = (counts: WindowCounts) => count - counts.get(application, metric, period, minute)
      if (alone || without(this.#alone) <= limit.max) this.tally.overAlone += over
      else if (without(this.#dead) <= limit.max) this.tally.overDead += over
      else {
        this.tally.over += over
        this.#problem(`over: ${application} ${metric}/${period} ${count} of ${limit.max}, minute ${minute}`)
      }
    })
  }

  #denied(member: Member, application: string, usage: UsageShape, askedAt: number): void {
    if (this.#queue.now - this.#changedAt < CHANGE_MS) return
    let right = false
    let early = false
    const times = [this.#queue.now, askedAt, member.store.time()]
    this.#eachLimit(application, usage, (limit, need) => {
      for (const time of times) {
        const count = this.#truth.get(application, limit.metric, limit.period, time) + need
        if (count > this.#range(limit)[0]) right = true
        if (count + this.#underWay(application, limit) > this.#range(limit)[0]) early = true
      }
    })
    if (right) return
    if (early) this.tally.earlyNo += 1
    else {
      this.tally.wrongNo += 1
      this.#problem(`wrong denial: ${application} ${JSON.stringify(usage.usage)} at ${this.#queue.now}`)
    }
  }

  /** What Redis may have granted and no answer has told yet, or to nobody any more. */
  #underWay(application: string, { metric }: FleetLimit): number {
    let sum = 0
    for (const { dead, outstanding } of this.members) {
      for (const request of outstanding) {
        if (request.application !== application) continue
        if (!dead && request.overAt !== undefined && request.overAt < this.#queue.now - LATE_MS) {
          outstanding.delete(request)
          continue
        }
        sum += this.#needOf(request.usage, metric)
      }
    }
    return sum
  }

  #needOf(usage: UsageShape, limited: string): number {
    return usage.metrics.reduce((sum, metric, i) => {
      return ancestorsOf(this.#backend.parents, metric).includes(limited) ? sum + usage.amounts[i]! : sum
    }, 0)
  }

  #eachLimit(application: string, usage: UsageShape, visit: (limit: FleetLimit, need: number) => void): void {
    for (const limit of this.#backend.limitsOf(application)) {
      const touched = usage.metrics.some((metric) => ancestorsOf(this.#backend.parents, metric).includes(limit.metric))
      if (touched) visit(limit, this.#needOf(usage, limit.metric))
    }
  }

  /** The least and the greatest maximum that may be known of a limit. */
  #range(limit: FleetLimit): [number, number] {
    let least = limit.max
    let greatest = limit.max
    for (const { at, max } of this.#changes.get(limit)!.toReversed()) {
      least = Math.min(least, max)
      greatest = Math.max(greatest, max)
      if (at < this.#queue.now - CHANGE_MS) break
    }
    return [least, greatest]
  }

  #problem(text: string): void {
    if (this.problems.length < 5) this.problems.push(text)
  }
}
