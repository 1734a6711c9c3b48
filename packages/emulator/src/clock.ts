/** What the emulator takes for the current time. */

/** A source of time. `now` gives epoch milliseconds. */
export interface Clock {
  now(): number
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that can be stopped: follows `base` until an instant is set, and again once it is cleared. */
export class SettableClock implements Clock {
  readonly #base: Clock
  #frozenAt: number | undefined

  constructor(base: Clock) {
    this.#base = base
  }

  /** Where it stands, or undefined while it runs. */
  get frozenAt(): number | undefined {
    return this.#frozenAt
  }

  now(): number {
    return this.#frozenAt ?? this.#base.now()
  }

  /** Stops at an instant, epoch milliseconds; undefined lets it run. */
  freeze(instant: number | undefined): void {
    this.#frozenAt = instant
  }
}
