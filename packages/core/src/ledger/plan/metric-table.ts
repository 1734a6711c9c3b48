/** Gives each metric of one service that has usage a small number, and notes when an answer last proved it. */
import { storageKey } from '../../domain/storage-key.ts'

/** Amounts by metric slot; holes are zero. */
export type Amounts = number[]

/** When a metric was proved that only another process has proved: before every question of this one. */
const HEARD_OF = -Number.MAX_VALUE

/** Totals of law 8 that only grow, by metric slot. */
export interface UsageTotals {
  readonly admitted: Amounts
  readonly acknowledged: Amounts
  readonly givenUp: Amounts
}

export class MetricTable {
  readonly #slots = new Map<string, number>()
  readonly #names: string[] = []
  /** When the question was sent whose answer last proved the metric, by elapsed time; -Infinity: never. */
  readonly #provedAt: number[] = []
  readonly #disproved = new Set<number>()
  /** Counts how often it changed which metrics exist. */
  changes = 0

  /** The slot of a metric, however it is spelled; a new one for a new name. */
  slotOf(metric: string): number {
    const stored = storageKey(metric)
    const known = this.#slots.get(stored)
    if (known !== undefined) return known
    const slot = this.#names.length
    this.#slots.set(stored, slot)
    this.#names.push(metric)
    this.#provedAt.push(Number.NEGATIVE_INFINITY)
    return slot
  }

  nameOf(slot: number): string {
    return this.#names[slot]!
  }

  provedAt(slot: number): number {
    return this.#provedAt[slot]!
  }

  /** @returns true when the metric was not known to exist before. */
  prove(metric: string, at: number): boolean {
    const slot = this.slotOf(metric)
    const before = this.#provedAt[slot]!
    this.#provedAt[slot] = at
    if (before !== Number.NEGATIVE_INFINITY) return false
    this.#disproved.delete(slot)
    this.changes += 1
    return true
  }

  /** Notes that the backend knows the metric, as another process says, unless it said otherwise to this one. */
  hearOf(metric: string): void {
    const slot = this.slotOf(metric)
    if (this.#disproved.has(slot) || this.#provedAt[slot] !== Number.NEGATIVE_INFINITY) return
    this.#provedAt[slot] = HEARD_OF
    this.changes += 1
  }

  /** Whether the metric is known to exist. */
  isProved(metric: string): boolean {
    const slot = this.#slots.get(storageKey(metric))
    return slot !== undefined && this.#provedAt[slot] !== Number.NEGATIVE_INFINITY
  }

  /** All metrics that are known to exist. */
  proved(): string[] {
    return this.#names.filter((_, slot) => this.#provedAt[slot] !== Number.NEGATIVE_INFINITY)
  }

  /** Notes that the backend does not know the metric. */
  disprove(metric: string): void {
    const slot = this.slotOf(metric)
    this.#provedAt[slot] = Number.NEGATIVE_INFINITY
    this.#disproved.add(slot)
    this.changes += 1
  }
}

/** Adds to one slot. @returns true when the slot was empty. */
export function addAmount(amounts: Amounts, slot: number, amount: number): boolean {
  const before = amounts[slot]
  amounts[slot] = (before ?? 0) + amount
  return before === undefined
}

/** Visits the slots that hold something. */
export function eachAmount(amounts: Amounts, visit: (slot: number, amount: number) => void): void {
  for (let slot = 0; slot < amounts.length; slot++) {
    const amount = amounts[slot]
    if (amount !== undefined) visit(slot, amount)
  }
}
