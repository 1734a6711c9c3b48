/** Gives applications and batches numbers that no other process uses, so that files of several can be read together. */
import { randomBytes } from 'node:crypto'

export interface ObjectNumbers {
  /** The number of an object, a new one for a new object. */
  of(object: object): number
  /** Notes the number that a dead process gave the object. */
  name(object: object, number: number): void
}

export function objectNumbers(): ObjectNumbers {
  const numbers = new WeakMap<object, number>()
  // 48 bits by chance, so two processes do not meet.
  let last = 2 ** 32 + randomBytes(6).readUIntBE(0, 6)
  return {
    of(object) {
      let number = numbers.get(object)
      if (number === undefined) {
        number = ++last
        numbers.set(object, number)
      }
      return number
    },
    name(object, number) {
      numbers.set(object, number)
    },
  }
}
