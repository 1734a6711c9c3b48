/** When responses ended, to a second, without reading the clock for each of them: that costs a hit several percent. */
import { captureContext } from '../primitives/async-context.ts'
import type { Clock, Timer } from '../primitives/clock.ts'

/** How long after the end of its response a handler may add usage without being told, in milliseconds. */
const GRACE_MS = 60_000
/** Responses that end within this time share one ending, in milliseconds. */
const SHARED_MS = 1000

/** The end of some responses. */
export interface Ending {
  /** By when they had ended, by elapsed time; undefined while that is now. */
  readonly by: number | undefined
}

/** The end of a response whose client left. The handler may go on for as long as it likes. */
export const LEFT: Ending = Object.freeze({ by: undefined })

export interface Endings {
  /** The ending of a response that has finished now. */
  readonly now: Ending
  /** Ends the timer. */
  stop(): void
}

/** Starts no timer before a response has finished, and none while none finishes. */
export function createEndings(clock: Clock): Endings {
  const inOwnContext = captureContext()
  let open: { by: number | undefined } | undefined
  let timer: Timer | undefined

  function begin(): Ending {
    const ending: { by: number | undefined } = { by: undefined }
    open = ending
    timer = inOwnContext(() =>
      clock.schedule(() => {
        ending.by = clock.elapsed()
        open = undefined
      }, SHARED_MS),
    )
    return ending
  }

  return {
    get now() {
      return open ?? begin()
    },
    stop() {
      timer?.cancel()
    },
  }
}

/** Whether a response ended so long ago that adding usage to it must be a mistake. */
export function isLongOver({ by }: Ending, clock: Clock): boolean {
  return by !== undefined && clock.elapsed() - by >= GRACE_MS
}
