/** Admitted usage of one application in one minute, from its admission until the backend has surely counted it. */
import { MINUTE_MS } from '../../domain/period.ts'
import type { MetricTable } from '../plan/metric-table.ts'
import type { LimitFootprint } from '../plan/plan-limits.ts'
import type { Delivery } from './delivery.ts'

// V8 keeps small integers without an allocation.
const MAX_REPEATS = 2 ** 30

const NO_AMOUNTS: number[] = []

export class UsageRow {
  // The hot path reads the first fields. V8 lays fields out in this order, so they share a cache line.
  /** The usage that was counted last. `#repeats` is how often it came again, because most applications repeat one. */
  #last: LimitFootprint | undefined = undefined
  #repeats = 0
  #maxRepeats = 0
  /** Minutes since the epoch, because they are a small integer; milliseconds are not. */
  #minutes: number
  /** Sent before without an answer and sent again: the backend may count it twice. */
  resent = false
  /** A transaction of its own, with the status of the response; undefined for usage that is added up. */
  ownTransaction: { code: number | undefined; awaitsResponse: boolean } | undefined = undefined
  /** Next in the list it waits in. */
  next: UsageRow | undefined = undefined
  /** Slot and amount of each metric in turn. A row has few metrics, an array by slot would be mostly holes. */
  #amounts: number[] = NO_AMOUNTS
  /** In which it travels; set as long as its application lists it among what was sent. */
  delivery: Delivery | undefined = undefined

  /** @param minute any moment of it, epoch milliseconds by the service's time. */
  constructor(minute: number) {
    this.#minutes = Math.floor(minute / MINUTE_MS)
  }

  /** Epoch milliseconds of the minute's start, by the service's time. */
  get minute(): number {
    return this.#minutes * MINUTE_MS
  }

  /** Moves it to the minute that holds `time`. */
  stamp(time: number): void {
    this.#minutes = Math.floor(time / MINUTE_MS)
  }

  /** Its response has ended, so it may be sent. @param code the status of the response; undefined: sent without one. */
  release(code: number | undefined): void {
    this.ownTransaction = { code, awaitsResponse: false }
  }

  /** Whether `time` lies in its minute. */
  covers(time: number): boolean {
    return this.#minutes === Math.floor(time / MINUTE_MS)
  }

  /** Counts a usage again if it is the one that was counted last. @returns false when nothing was counted. */
  repeat(footprint: LimitFootprint, time: number): boolean {
    if (this.#last !== footprint || !this.covers(time)) return false
    if (this.resent || this.#repeats >= this.#maxRepeats) return false
    this.#repeats += 1
    return true
  }

  /** Whether the sums stay numbers that the backend can hold; a larger one would sink its batch. */
  holds({ slots, amounts }: LimitFootprint): boolean {
    return slots.every((slot, i) => this.amountOf(slot) + amounts[i]! <= Number.MAX_SAFE_INTEGER)
  }

  /** Counts a usage. @returns how many metrics are new to the row. */
  count(footprint: LimitFootprint): number {
    const before = this.records
    let maxRepeats = MAX_REPEATS
    footprint.slots.forEach((slot, i) => {
      const amount = footprint.amounts[i]!
      this.add(slot, amount)
      maxRepeats = Math.min(maxRepeats, Math.floor((Number.MAX_SAFE_INTEGER - this.amountOf(slot)) / amount))
    })
    this.#last = footprint
    this.#maxRepeats = maxRepeats
    return this.records - before
  }

  add(slot: number, amount: number): void {
    this.#addRepeats()
    const at = this.#indexOf(slot)
    if (this.#amounts.length === 0) this.#amounts = [slot, amount]
    else if (at === -1) this.#amounts.push(slot, amount)
    else this.#amounts[at + 1]! += amount
  }

  /** 0 for a metric that is not in it. */
  amountOf(slot: number): number {
    this.#addRepeats()
    const at = this.#indexOf(slot)
    return at === -1 ? 0 : this.#amounts[at + 1]!
  }

  /** How many metrics it has. */
  get records(): number {
    return this.#amounts.length / 2
  }

  each(visit: (slot: number, amount: number) => void): void {
    this.#addRepeats()
    for (let at = 0; at < this.#amounts.length; at += 2) visit(this.#amounts[at]!, this.#amounts[at + 1]!)
  }

  /** Splits off a metric; undefined when the row does not have it. The response code goes with the last metric. */
  takeOut(slot: number): UsageRow | undefined {
    this.#addRepeats()
    const at = this.#indexOf(slot)
    if (at === -1) return undefined
    const part = new UsageRow(this.minute)
    part.resent = this.resent
    part.#amounts = this.#amounts.splice(at, 2)
    if (this.#amounts.length === 0) part.ownTransaction = this.ownTransaction
    return part
  }

  #indexOf(slot: number): number {
    for (let at = 0; at < this.#amounts.length; at += 2) if (this.#amounts[at] === slot) return at
    return -1
  }

  /** Adds pending repeats to the amounts. Callers may move the row afterwards, so repeating must start over. */
  #addRepeats(): void {
    const last = this.#last
    if (last === undefined) return
    this.#last = undefined
    const repeats = this.#repeats
    this.#repeats = 0
    for (let i = 0; repeats > 0 && i < last.slots.length; i++) this.add(last.slots[i]!, repeats * last.amounts[i]!)
  }
}

/** Amounts by metric name, for people and events. */
export function namedUsage(rows: Iterable<UsageRow>, metrics: MetricTable): Record<string, number> {
  const usage: Record<string, number> = Object.create(null)
  for (const row of rows) {
    row.each((slot, amount) => {
      const metric = metrics.nameOf(slot)
      usage[metric] = (usage[metric] ?? 0) + amount
    })
  }
  return usage
}

/** How many records rows hold: one for each metric of each row. */
export function recordsOf(rows: Iterable<UsageRow>): number {
  let records = 0
  for (const row of rows) records += row.records
  return records
}
