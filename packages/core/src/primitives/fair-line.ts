/** A queue of queues: what adds many items waits behind its own, and others do not wait behind all of them. */
import { WaitingLine } from './waiting-line.ts'

interface Line<Item> {
  readonly length: number
  readonly first: Item | undefined
  push(item: Item, ...names: readonly string[]): void
  shift(): Item | undefined
}

/** Takes turns between the lines, in the order in which they began to wait; within a line it keeps the order. */
export class FairLine<Item> {
  readonly #lines = new Map<string, Line<Item>>()
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The item that is next; undefined if none waits. */
  get first(): Item | undefined {
    return this.#lines.values().next().value?.first
  }

  /**
   * @param name the line that the item waits in.
   * @param parts the line within that one, and so on. They share its turns, and take turns among themselves. All items of
   *   a line have as many.
   */
  push(item: Item, name: string, ...parts: readonly string[]): void {
    let line = this.#lines.get(name)
    if (line === undefined) {
      line = parts.length === 0 ? new WaitingLine() : new FairLine()
      this.#lines.set(name, line)
    }
    line.push(item, ...parts)
    this.#length++
  }

  /** Takes the first item; the next one of its line waits behind all other lines. */
  shift(): Item | undefined {
    const next = this.#lines.entries().next().value
    if (next === undefined) return undefined
    const [name, line] = next
    this.#lines.delete(name)
    const item = line.shift()
    if (line.length > 0) this.#lines.set(name, line)
    this.#length--
    return item
  }
}
