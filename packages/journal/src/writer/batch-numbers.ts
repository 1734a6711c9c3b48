/** Gives batches numbers that no other process uses, so that files of several processes can be read together. */
import { randomBytes } from 'node:crypto'

export interface BatchNumbers {
  /** The number of a batch, a new one for a new batch. */
  of(batch: object): number
  /** Notes the number that a dead process gave the batch. */
  name(batch: object, number: number): void
}

export function batchNumbers(): BatchNumbers {
  const numbers = new WeakMap<object, number>()
  // 48 bits by chance. Numbers below 2^32 are left to batches that readers make up.
  let last = 2 ** 32 + randomBytes(6).readUIntBE(0, 6)
  return {
    of(batch) {
      let number = numbers.get(batch)
      if (number === undefined) {
        number = ++last
        numbers.set(batch, number)
      }
      return number
    },
    name(batch, number) {
      numbers.set(batch, number)
    },
  }
}
