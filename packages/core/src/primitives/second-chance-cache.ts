/** A bounded map with second-chance (clock) eviction. */

/** A value of the map, which holds its own mark of use. */
export interface Remembered {
  /** Whether it was used since the last search for a victim. */
  used: boolean
}

/** Bounds the search for a victim if every entry was used. */
const MAX_CHANCES = 32

/**
 * Keeps at most `max` entries. If it is full, it evicts the oldest entry that was not used since the last search.
 * Unlike an LRU, a read costs one lookup and one flag: nothing is allocated or relinked.
 */
export class SecondChanceCache<Key, Value extends Remembered> {
  readonly #entries = new Map<Key, Value>()
  readonly #max: number
  readonly #onEvicted: (value: Value) => void

  /** @param onEvicted called with each value that is evicted. */
  constructor(max: number, onEvicted: (value: Value) => void) {
    this.#max = max
    this.#onEvicted = onEvicted
  }

  /** Finds a value and marks it as used. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    // Written only if it changes, because writing would remove the memory from the caches of other cores.
    if (value !== undefined && !value.used) value.used = true
    return value
  }

  peek(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#entries.size >= this.#max && !this.#entries.has(key)) this.#evict()
    this.#entries.set(key, value)
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  /** Entries are in the order of their insertion or last chance, so the search begins at the first. */
  #evict(): void {
    let chances = 0
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key)
      if (!value.used || ++chances > MAX_CHANCES) {
        this.#onEvicted(value)
        return
      }
      value.used = false
      this.#entries.set(key, value)
    }
  }
}
