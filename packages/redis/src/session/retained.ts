/** What this session booked and nobody has taken for a report yet: a server that lacks it is told again. */
import type { Booking } from './owed.ts'
import { SESSION } from './settings.ts'
import type { Shape } from './shape.ts'
import type { SharedApplication } from './shared-application.ts'

interface Entry {
  /** The command that booked it; 0: it was put back from a batch. */
  readonly seq: number
  /** By the store's time. */
  readonly t: number
  readonly bookings: readonly Booking[]
}

export class Retained {
  #entries: Entry[] = []
  /** Oldest first. `at`: when it was told, by elapsed time; all that was booked before `mark` is taken. */
  #marks: { readonly at: number; readonly mark: number }[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** When the last booking was made, by the store's time. */
  get newest(): number {
    return this.#entries.at(-1)?.t ?? Number.NEGATIVE_INFINITY
  }

  add(seq: number, t: number, bookings: readonly Booking[]): void {
    if (bookings.length > 0) this.#entries.push({ seq, t, bookings })
  }

  /** A heartbeat has told a mark. */
  tell(mark: number, now: number): void {
    const old = now - SESSION.keepMs
    this.#marks.push({ at: now, mark })
    while (this.#marks.length > 1 && this.#marks[1]!.at < old) this.#marks.shift()
    const first = this.#marks[0]!
    if (first.at < old) this.#entries = this.#entries.filter(({ t }) => t >= first.mark)
    this.#addUp()
  }

  /**
   * Takes what a server lacks that has applied commands up to `last` only. 0: it has none, so that what was taken
   * before is left out by the newest mark.
   */
  takeLost(last: number): Booking[] {
    const newest = this.#marks.at(-1)?.mark ?? 0
    const isLost = ({ seq, t }: Entry) => (last === 0 ? t >= newest : seq > last)
    const lost = this.#entries.filter(isLost)
    this.#entries = last === 0 ? [] : this.#entries.filter((entry) => !isLost(entry))
    this.#marks = []
    return lost.flatMap(({ bookings }) => bookings)
  }

  /** Adds up by seconds what is older than any failover loses. */
  #addUp(): void {
    const old = this.newest - SESSION.exactMs
    if (this.#entries.length < 64) return
    const kept: Entry[] = []
    let second: Entry[] = []
    const flush = () => {
      if (second.length > 0) kept.push(second.length === 1 ? second[0]! : sum(second))
      second = []
    }
    for (const entry of this.#entries) {
      const first = second[0]
      if (first !== undefined && (first.seq === 0) !== (entry.seq === 0)) flush()
      else if (first !== undefined && Math.floor(first.t / 1000) !== Math.floor(entry.t / 1000)) flush()
      if (entry.t < old) second.push(entry)
      else {
        flush()
        kept.push(entry)
      }
    }
    flush()
    this.#entries = kept
  }
}

/** One entry, which counts as lost if the last of its commands is. */
function sum(entries: readonly Entry[]): Entry {
  const sums = new Map<SharedApplication, Map<Shape, number>>()
  for (const { application, shape, n } of entries.flatMap(({ bookings }) => bookings)) {
    let shapes = sums.get(application)
    if (shapes === undefined) {
      shapes = new Map()
      sums.set(application, shapes)
    }
    shapes.set(shape, (shapes.get(shape) ?? 0) + n)
  }
  const bookings = [...sums].flatMap(([application, shapes]) =>
    [...shapes].map(([shape, n]) => ({ application, shape, n })),
  )
  const { seq, t } = entries.at(-1)!
  return { seq, t, bookings }
}
