/** Runs long work in slices, so that requests are answered in between (law 17). */

/** Longest time of one slice, in milliseconds; the longest turn of the loop is that plus one step. */
const SLICE_MS = 3

/**
 * Runs the steps of a generator to its end, and lets the event loop turn after each slice. After the last one as well,
 * because what waits for the end of long work, requests perhaps, or more such work, takes time of its own.
 */
export async function inSlices<Result>(steps: Iterator<void, Result>): Promise<Result> {
  let began = performance.now()
  let rested = false
  for (;;) {
    const step = steps.next()
    if (step.done && !rested) return step.value
    if (!step.done && performance.now() - began < SLICE_MS) continue
    await nextTurn()
    if (step.done) return step.value
    rested = true
    began = performance.now()
  }
}

/** Lets everything else run first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
