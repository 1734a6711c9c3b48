/** Adds up usage by metric. Counts equal shapes as a number, because a request comes with one of a few. */
import { storageKey } from '../../domain/storage-key.ts'
import type { UsageShape } from '../../domain/usage.ts'

// Usage that functions of the request make has a new shape each time.
const MAX_SHAPES = 1024

export class CountedUsage {
  /** The last one and its times, which are not in the map: most requests come with it again. */
  #last: UsageShape | undefined = undefined
  #lastTimes = 0
  readonly #times = new Map<UsageShape, number>()
  readonly #amounts = new Map<string, number>()

  add(usage: UsageShape): void {
    if (usage !== this.#last) this.#change(usage)
    this.#lastTimes += 1
  }

  /** Takes back what is counted elsewhere from now on. */
  subtract(metric: string, amount: number): void {
    this.#sumUp()
    this.#amounts.set(metric, (this.#amounts.get(metric) ?? 0) - amount)
  }

  /** Amounts by the names under which 3scale stores the metrics. */
  amounts(): ReadonlyMap<string, number> {
    this.#sumUp()
    return this.#amounts
  }

  #change(usage: UsageShape): void {
    if (this.#last !== undefined) this.#times.set(this.#last, (this.#times.get(this.#last) ?? 0) + this.#lastTimes)
    this.#last = usage
    this.#lastTimes = 0
    if (this.#times.size > MAX_SHAPES) this.#sumUp()
  }

  #sumUp(): void {
    if (this.#lastTimes > 0) this.#change(this.#last!)
    for (const [{ metrics, amounts }, times] of this.#times) {
      metrics.forEach((name, i) => {
        const metric = storageKey(name)
        if (amounts[i]! > 0) this.#amounts.set(metric, (this.#amounts.get(metric) ?? 0) + times * amounts[i]!)
      })
    }
    this.#times.clear()
  }
}
