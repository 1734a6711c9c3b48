/** Exchanges that wait for a connection: those of one line in their order, lines in turn. */
import { FairLine } from '../../primitives/fair-line.ts'
import type { Exchange, ExchangeQueue } from './exchange.ts'

export class ExchangeLine implements ExchangeQueue {
  readonly #waiting = new FairLine<Exchange>()
  answers = 0

  get length(): number {
    return this.#waiting.length
  }

  /** The next one. Leaves out calls that timed out or were aborted, and those whose caller left. */
  get first(): Exchange | undefined {
    for (;;) {
      const first = this.#waiting.first
      if (first === undefined || first.wanted) return first
      this.#waiting.shift()
    }
  }

  push(exchange: Exchange): void {
    exchange.waitIn(this)
    this.#waiting.push(exchange, exchange.line)
  }

  /** Takes out the next one. */
  take(): Exchange | undefined {
    const { first } = this
    this.#waiting.shift()
    return first
  }
}
