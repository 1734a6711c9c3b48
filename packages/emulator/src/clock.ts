/** The emulator's current time. */

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

  /** The instant at which it stands, or undefined while it runs. */
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

/** A settable clock over a given one, or one that stands at an instant (ISO 8601 or Date). Default: the machine's. */
export function settableClock(given: Clock | Date | string | undefined): SettableClock {
  if (typeof given !== 'string' && !(given instanceof Date)) return new SettableClock(given ?? systemClock)
  const clock = new SettableClock(systemClock)
  clock.freeze(instantFrom(given))
  return clock
}

/** Epoch milliseconds of an instant. @throws RangeError when the value is not an instant. */
export function instantFrom(value: Date | string | number): number {
  const instant = new Date(value).getTime()
  if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${JSON.stringify(value)}`)
  return instant
}
