/** Work in steps: done at once, or in slices of the event loop. */
import type { Slice } from './slice.ts'

/** Work that can rest at each `yield`. */
export type Steps<Result> = Generator<undefined, Result>

/** Does all steps at once. Throws what the work throws. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** Rests between steps when the slice is used up. Rejects with what the work throws. */
export async function inSlices<Result>(steps: Steps<Result>, slice: Slice): Promise<Result> {
  let step = steps.next()
  while (!step.done) {
    if (slice.over) await slice.rest()
    step = steps.next()
  }
  return step.value
}
