/** While the store does not answer: this process's share of what was left when it last did. */
import type { Cell } from '@threescale/core'
import type { SharedApplication } from './shared-application.ts'

export class Shares {
  /** When the store last answered, by elapsed time: each answer makes new shares. */
  #since = Number.NaN
  #used = new Map<SharedApplication, Map<string, number>>()

  /**
   * Whether all cells have room.
   *
   * @param since when the store last answered, by elapsed time.
   * @param processes how many share what is left.
   */
  fits(application: SharedApplication, cells: readonly Cell[], since: number, processes: number): boolean {
    if (since !== this.#since) {
      this.#since = since
      this.#used = new Map()
    }
    const used = this.#used.get(application)
    return cells.every((cell) => {
      const left = Math.max(0, cell.max - (application.countOf(cell)?.count ?? 0))
      return (used?.get(keyOf(cell)) ?? 0) + cell.need <= Math.floor(left / processes)
    })
  }

  take(application: SharedApplication, cells: readonly Cell[]): void {
    let used = this.#used.get(application)
    if (used === undefined) {
      used = new Map()
      this.#used.set(application, used)
    }
    for (const cell of cells) used.set(keyOf(cell), (used.get(keyOf(cell)) ?? 0) + cell.need)
  }
}

function keyOf({ name, end }: Cell): string {
  return `${name}|${end}`
}
