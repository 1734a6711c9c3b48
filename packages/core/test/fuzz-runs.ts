/** How many cases a property is tried with: few in `npm test`, as many as FUZZ_RUNS says in `npm run fuzz`. */

export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 300)

/** Time for one property; long runs get what they need. */
export const FUZZ_TIMEOUT_MS: number = Math.max(20_000, FUZZ_RUNS * 20)
