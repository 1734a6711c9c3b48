/** Runs long work in slices, so that requests are answered in between (law 17). */

/** Longest time of one slice, in milliseconds; the longest turn of the loop is that plus one step. */
const SLICE_MS = 5

/** Runs the steps of a generator to its end, and lets the event loop turn after each slice. */
export async function inSlices<Result>(steps: Iterator<void, Result>): Promise<Result> {
  let began = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - began < SLICE_MS) continue
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    began = performance.now()
  }
}
