/** What a session keeps of an application. It is in the hands of the core, and forgotten with it. */

import type { Cell, Layout, StoredApplication, StoredCount } from '@threescale/core'
import type { Shape } from './shape.ts'

/** A count, and when it was told, by elapsed time. */
export interface ToldCount extends StoredCount {
  readonly at: number
}

/** How often a usage is owed to the store; 0: it is not owed any more. */
export interface OwedTimes {
  readonly shape: Shape
  n: number
}

export class SharedApplication implements StoredApplication {
  readonly id: string
  layout: Layout | undefined = undefined
  provedAt: number = Number.NEGATIVE_INFINITY
  counts: (ToldCount | undefined)[] = []
  /** Until when it is believed that 3scale does not prove it, by elapsed time. */
  unprovedUntil: number = Number.NEGATIVE_INFINITY
  /** When the store last decided about it, by its time. */
  decidedAt: number = Number.NEGATIVE_INFINITY

  /** The booking that was owed last. */
  owed: OwedTimes | undefined = undefined

  constructor(id: string) {
    this.id = id
  }

  /** Goes by other limits from now on; what was told of the same limits still holds. @param layout undefined: this process does not know them. */
  layOut(layout: Layout | undefined): void {
    if (this.layout === layout) return
    const counts = new Map(this.layout?.limits.map(({ name }, limit) => [name, this.counts[limit]]))
    this.layout = layout
    this.counts = layout?.limits.map(({ name }) => counts.get(name)) ?? []
  }

  /** Usage was taken `n` times, and the store has not told the counts: they are at least so high now. */
  noteTaken(cell: Cell, n: number, now: number): void {
    const { limit, end, need } = cell
    const told = this.countOf(cell)
    this.counts[limit] = { end, count: (told?.count ?? 0) + n * need, at: told?.at ?? now }
  }

  /** The count that was told of a cell's window; undefined: none was. */
  countOf({ limit, end }: Cell): ToldCount | undefined {
    const told = this.counts[limit]
    return told?.end === end ? told : undefined
  }
}
