/** While the store does not answer: this process's share of what was left when it last did. */
import type { Cell } from '@threescale/core'
import type { SharedApplication } from './shared-application.ts'

export class Share {
  /** Which answer was the last one: a later one makes a new share. */
  readonly since: number
  readonly #used = new Map<string, number>()

  constructor(since: number) {
    this.since = since
  }

  /**
   * Whether all cells have room.
   *
   * @param processes how many share what is left.
   */
  fits(application: SharedApplication, cells: readonly Cell[], processes: number): boolean {
    return cells.every((cell) => {
      const left = Math.max(0, cell.max - (application.countOf(cell)?.count ?? 0))
      return (this.#used.get(keyOf(cell)) ?? 0) + cell.need <= Math.floor(left / processes)
    })
  }

  take(cells: readonly Cell[]): void {
    for (const cell of cells) this.#used.set(keyOf(cell), (this.#used.get(keyOf(cell)) ?? 0) + cell.need)
  }
}

function keyOf({ name, end }: Cell): string {
  return `${name}|${end}`
}
