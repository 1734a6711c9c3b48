/** Time that only events move. */

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => unknown
}

/** A heap of events by time. */
export class EventQueue {
  /** Epoch milliseconds. */
  now: number
  readonly #events: Event[] = []
  #order = 0

  constructor(now: number) {
    this.now = now
  }

  get size(): number {
    return this.#events.length
  }

  /** Runs something after a delay in milliseconds. */
  after(delayMs: number, run: () => unknown): void {
    const events = this.#events
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, run }
    let i = events.push(event) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(event, events[parent]!)) break
      events[i] = events[parent]!
      i = parent
    }
    events[i] = event
  }

  /** Runs the next event, and what it lets go on at once. */
  async next(): Promise<void> {
    const event = this.#pop()
    this.now = Math.max(this.now, event.at)
    const done = event.run()
    if (done instanceof Promise) await done
    // Promises that wait for promises: the loop turns once they are done.
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }

  #pop(): Event {
    const events = this.#events
    const first = events[0]!
    const last = events.pop()!
    if (events.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= events.length) break
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child += 1
      if (!isBefore(events[child]!, last)) break
      events[i] = events[child]!
      i = child
    }
    events[i] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
