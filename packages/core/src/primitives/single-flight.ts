/** Makes one call per topic: requests that need the same answer meanwhile wait for the first call. */

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

  /** Whether the maximum number of requests waits for this answer. */
  isFull(topic: string): boolean {
    return (this.#flights.get(topic)?.waiters ?? 0) >= this.#maxWaiters
  }

  /** The answer about a topic; calls `ask` only if no call about it is under way. */
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
