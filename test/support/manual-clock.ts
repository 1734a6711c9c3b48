/** A clock that only tests move. Timers run in the order of their time; what one starts ends before the next. */
import type { Clock, Timer } from '../../packages/core/src/primitives/clock.ts'

interface Waiting {
  /** By elapsed time, as timers of a machine do not follow a clock that is set. */
  readonly at: number
  readonly order: number
  readonly task: () => void
}

export class ManualClock implements Clock {
  /** Time that really passed. */
  #elapsed = 0
  #offset: number
  #order = 0
  readonly #waiting = new Set<Waiting>()

  constructor(now: number | string) {
    this.#offset = new Date(now).getTime()
  }

  now: () => number = () => this.#offset + this.#elapsed

  elapsed: () => number = () => this.#elapsed

  schedule(task: () => void, delayMs: number): Timer {
    this.#order += 1
    const waiting = { at: this.#elapsed + delayMs, order: this.#order, task }
    this.#waiting.add(waiting)
    return { cancel: () => void this.#waiting.delete(waiting) }
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#waiting.size
  }

  /** Lets time pass, and runs what becomes due. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settled()
    for (;;) {
      let next: Waiting | undefined
      for (const waiting of this.#waiting) {
        if (waiting.at > end) continue
        if (next === undefined || waiting.at < next.at || (waiting.at === next.at && waiting.order < next.order)) {
          next = waiting
        }
      }
      if (next === undefined) break
      this.#waiting.delete(next)
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.task()
      await settled()
    }
    this.#elapsed = end
    await settled()
  }

  /** Lets time pass in which nothing runs, as on a machine that sleeps; what was due runs with the next `advance`. */
  skip(ms: number): void {
    this.#elapsed += ms
  }

  /** Sets the clock forward or back; no time passes. */
  set(byMs: number): void {
    this.#offset += byMs
  }
}

/** Lets everything finish that waits for promises only. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve))
}
