/** Gives each metric of one service that has usage a small number, and notes when an answer last proved it. */
import { storageKey } from '../../domain/storage-key.ts'

/** Amounts by metric slot; holes are zero. */
export type Amounts = number[]

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
    return before === Number.NEGATIVE_INFINITY
  }

  /** Notes that the backend does not know the metric. */
  disprove(metric: string): void {
    this.#provedAt[this.slotOf(metric)] = Number.NEGATIVE_INFINITY
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
