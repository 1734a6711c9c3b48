/** The responses that the adapters of one gateway are answering, for which closing waits. */

export class OpenResponses {
  #open = 0
  /** Settle the responses whose usage is told only at their end. */
  readonly #metered = new Set<() => void>()
  #waiting: (() => void)[] = []

  /**
   * To be called when an adapter waits for a decision, and when it follows a response.
   *
   * @param settle settles the response as it is now; given where `usageAfter` tells what it used.
   */
  opened(settle?: () => void): void {
    this.#open += 1
    if (settle !== undefined) this.#metered.add(settle)
  }

  /** To be called once for each `opened`, after the response was settled. */
  closed(settle?: () => void): void {
    this.#open -= 1
    if (settle !== undefined) this.#metered.delete(settle)
    if (this.#open > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves as soon as no response is open. */
  async allClosed(): Promise<void> {
    // A response may open while this continues, when an answer of the backend has just come.
    while (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  /** Settles what is still open and metered by `usageAfter`, as if its clients had left. @returns whether any was. */
  settleAll(): boolean {
    const metered = [...this.#metered]
    this.#metered.clear()
    for (const settle of metered) settle()
    return metered.length > 0
  }
}
