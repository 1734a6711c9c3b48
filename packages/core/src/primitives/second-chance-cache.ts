/** A bounded map that forgets those whom nobody has asked for lately. */

/** What is kept says itself whether it was asked for. */
export interface Remembered {
  /** Since the map last looked for room. */
  used: boolean
}

// So that no call waits for a walk over a million entries that were all used.
const MAX_CHANCES = 32

/**
 * Keeps at most `max`. When it is full the oldest goes that was not used since the map last came by (the clock algorithm):
 * unlike exact recency, finding somebody costs one lookup and one flag, and nothing is allocated or relinked.
 */
export class SecondChanceCache<Key, Value extends Remembered> {
  readonly #entries = new Map<Key, Value>()
  readonly #max: number
  readonly #forgotten: (value: Value) => void

  /** @param forgotten told of everything that had to go for want of room. */
  constructor(max: number, forgotten: (value: Value) => void) {
    this.#max = max
    this.#forgotten = forgotten
  }

  /** Finds and counts as use. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    // Written only where it changes anything: memory that is only read stays in every cache.
    if (value !== undefined && !value.used) value.used = true
    return value
  }

  peek(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#entries.size >= this.#max && !this.#entries.has(key)) this.#makeRoom()
    this.#entries.set(key, value)
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  /** Entries are in the order in which they came or got their last chance, so the first is where the hand stands. */
  #makeRoom(): void {
    let chances = 0
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key)
      if (!value.used || ++chances > MAX_CHANCES) {
        this.#forgotten(value)
        return
      }
      value.used = false
      this.#entries.set(key, value)
    }
  }
}
