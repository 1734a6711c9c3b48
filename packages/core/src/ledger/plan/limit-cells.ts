/** The running count of each limit of an application, as one flat array of numbers: half the memory of objects. */
import { windowOf } from '../../domain/period.ts'
import type { PlanLimits } from './plan-limits.ts'

/** Numbers a limit takes in the array. */
export const WIDTH = 5
/** The limit's value. */
export const MAX = 0
/** First instant of the window, epoch milliseconds. */
export const START = 1
/** First instant of the next window. */
export const END = 2
/** Usage that the backend has or will have counted in the window, as far as we know. */
export const KNOWN = 3
/**
 * 1 while `KNOWN` may be above the truth, so that nothing may be concluded from the cell. Either the limit appeared
 * while usage was under way, and all of that usage was assumed to be missing in the backend's count. Or an authrep's
 * answer showed an older window, in which the backend may have counted the usage.
 */
export const INFLATED = 4

/** Shared by all applications without limits. */
export const NO_CELLS: number[] = []

/** Moves a cell to the window that holds `time`, and empties it: usage admitted before carries an older stamp. */
export function rollCell(cells: number[], planLimits: PlanLimits, limit: number, time: number): void {
  const at = limit * WIDTH
  const window = windowOf(planLimits.limits[limit]!.period, time)
  cells[at + START] = window.start
  cells[at + END] = window.end
  cells[at + KNOWN] = 0
  cells[at + INFLATED] = 0
}
