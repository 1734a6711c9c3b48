/** Questions under way: whoever has the same meanwhile waits for the answer to the first. */

interface Flight<Answer> {
  readonly answer: Promise<Answer>
  waiters: number
}

export class SingleFlight<Answer> {
  readonly #flights = new Map<string, Flight<Answer>>()
  readonly #maxWaiters: number

  constructor(maxWaiters: number = Number.POSITIVE_INFINITY) {
    this.#maxWaiters = maxWaiters
  }

  /** Whether as many wait for the answer as may. */
  isFull(topic: string): boolean {
    return (this.#flights.get(topic)?.waiters ?? 0) >= this.#maxWaiters
  }

  /** The answer about a topic; the first who comes asks. */
  join(topic: string, ask: () => Promise<Answer>): Promise<Answer> {
    const flight = this.#flights.get(topic)
    if (flight === undefined) {
      const answer = ask().finally(() => this.#flights.delete(topic))
      this.#flights.set(topic, { answer, waiters: 1 })
      return answer
    }
    flight.waiters += 1
    return flight.answer
  }
}
