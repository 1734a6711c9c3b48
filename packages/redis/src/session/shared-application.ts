/** What a session keeps of an application. It is in the hands of the core, and forgotten with it. */
import type { Asking, Cell, Layout, StoredApplication, StoredCount, UsageShape } from '@threescale/core'
import type { Line } from './line.ts'
import type { Shape } from './shape.ts'
import type { Share } from './share.ts'

/** A count, and when it was told, by elapsed time. */
export interface ToldCount extends StoredCount {
  readonly at: number
}

export class SharedApplication implements StoredApplication {
  readonly id: string
  layout: Layout | undefined = undefined
  provedAt: number = Number.NEGATIVE_INFINITY
  counts: (ToldCount | undefined)[] = []
  /** When the store last decided about it, by its time. */
  decidedAt: number = Number.NEGATIVE_INFINITY
  /** What waits to be asked, by usage. */
  readonly lines: { [A in Asking]?: Map<UsageShape, Line> } = {}
  /** What is to be booked, and how often. */
  owed: Map<Shape, number> | undefined = undefined
  /** What was taken while the store did not answer. */
  share: Share | undefined = undefined

  constructor(id: string) {
    this.id = id
  }

  /** Goes by other limits from now on. @param layout undefined: this process does not know them. */
  layOut(layout: Layout | undefined): void {
    if (this.layout === layout) return
    this.layout = layout
    this.counts = []
  }

  /** The count that was told of a cell's window; undefined: none was. */
  countOf({ limit, end }: Cell): ToldCount | undefined {
    const told = this.counts[limit]
    return told?.end === end ? told : undefined
  }
}
