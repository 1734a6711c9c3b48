/** Chance that a seed repeats. */

export interface Random {
  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number
  chance(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  // Seeds that follow each other begin alike.
  next()
  const below = (bound: number): number => Math.floor(next() * bound)
  return { below, chance: (share) => next() < share, pick: (items) => items[below(items.length)]! }
}
