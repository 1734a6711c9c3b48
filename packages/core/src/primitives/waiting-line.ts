/** A queue in order of arrival. */

/** Adding and taking cost the same however many wait. */
export class WaitingLine<Item> {
  #items: (Item | undefined)[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  /** The item that has waited longest; undefined if none waits. */
  get first(): Item | undefined {
    return this.#items[this.#first]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    const item = this.#items[this.#first]
    this.#items[this.#first] = undefined
    if (this.#first < this.#items.length) this.#first++
    if (this.length === 0) {
      this.#items = []
      this.#first = 0
    } else if (this.#first >= 1024) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
