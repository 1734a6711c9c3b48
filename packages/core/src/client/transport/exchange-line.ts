/** Exchanges that wait for a connection: those of one line in their order, lines in turn. */
import type { Clock } from '../../primitives/clock.ts'
import { FairLine } from '../../primitives/fair-line.ts'
import type { Exchange } from './exchange.ts'

/** A call is sent while it has this many times the usual time for its answer. */
const TIMES_LATENCY = 2

export class ExchangeLine {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #waiting = new FairLine<Exchange>()
  /** How long a call must still have for its answer, in milliseconds. */
  #neededMs = 0

  constructor({ clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  get length(): number {
    return this.#waiting.length
  }

  /**
   * The next one. Leaves out calls that timed out or were aborted, and those whose caller left. Ends those that have too
   * little time left for an answer: 3scale would count them for nothing, and their connection would be lost.
   */
  get first(): Exchange | undefined {
    for (;;) {
      const first = this.#waiting.first
      if (first?.mayBeSent(this.#clock.elapsed() + this.#neededMs) !== false) return first
      this.#waiting.shift()
    }
  }

  push(exchange: Exchange): void {
    const [name, part] = exchange.wait()
    if (part === undefined) this.#waiting.push(exchange, name)
    else this.#waiting.push(exchange, name, part)
  }

  /** Takes out the next one. */
  take(): Exchange | undefined {
    const { first } = this
    this.#waiting.shift()
    return first
  }

  /** @param latencyMs how long answers usually take, in milliseconds. */
  answered(latencyMs: number): void {
    // Where answers take long, a call that found a connection after half of its time is tried all the same.
    this.#neededMs = Math.min(TIMES_LATENCY * latencyMs, this.#timeoutMs / 2)
  }
}
