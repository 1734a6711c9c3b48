/** What a full limit means for those who ask. */
import type { Asked, Cell } from '@threescale/core'
import type { SharedApplication } from './shared-application.ts'

const FOREVER = 8.64e15

/** The denial by the counts that were told of these cells. */
export function denialOf(application: SharedApplication, cells: readonly Cell[]): Asked {
  let until = 0
  let disabled = false
  for (const cell of cells) {
    const { end, need, max } = cell
    if ((application.countOf(cell)?.count ?? 0) + need <= max) continue
    if (max === 0) disabled = true
    until = Math.max(until, need > max || end >= FOREVER ? Number.POSITIVE_INFINITY : end)
  }
  return { kind: 'no', until, disabled }
}

/** Whether the usage would fit by the counts that were told. */
export function haveRoom(application: SharedApplication, cells: readonly Cell[]): boolean {
  return cells.every((cell) => (application.countOf(cell)?.count ?? 0) + cell.need <= cell.max)
}

/** Whether a count that was told within `fullMs` leaves no room; `lookDue`: whether it should be asked about again. */
export function knownFull(
  application: SharedApplication,
  cells: readonly Cell[],
  now: number,
  fullMs: number,
): { readonly lookDue: boolean } | undefined {
  for (const cell of cells) {
    const told = application.countOf(cell)
    if (told === undefined || told.count + cell.need <= cell.max) continue
    const age = now - told.at
    if (age < fullMs) return age > fullMs / 2 ? LOOK : NO_LOOK
  }
  return undefined
}

const LOOK = Object.freeze({ lookDue: true })
const NO_LOOK = Object.freeze({ lookDue: false })
