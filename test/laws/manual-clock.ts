/** A clock that only tests move. Timers run in the order of their time; work they start is let finish in between. */
import type { Clock, Timer } from '../../packages/core/src/clock.ts'

interface Waiting {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

export class ManualClock implements Clock {
  #now: number
  #order = 0
  readonly #waiting = new Set<Waiting>()

  constructor(now: number | string) {
    this.#now = new Date(now).getTime()
  }

  now: () => number = () => this.#now

  schedule(task: () => void, delayMs: number): Timer {
    this.#order += 1
    const waiting = { at: this.#now + delayMs, order: this.#order, task }
    this.#waiting.add(waiting)
    return { cancel: () => void this.#waiting.delete(waiting) }
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#waiting.size
  }

  /** Moves on, running what becomes due. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined) break
      this.#waiting.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
      await settled()
    }
    this.#now = end
    await settled()
  }

  /** Jumps without running timers, backwards too, as a clock that is set. */
  jump(ms: number): void {
    this.#now += ms
  }
}

/** Lets everything finish that waits for promises only. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve))
}
