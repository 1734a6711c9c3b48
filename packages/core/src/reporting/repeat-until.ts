/** Repeats a task until it has reached its aim or the time is up. */
import { atMost } from '../primitives/at-most.ts'
import type { Clock } from '../primitives/clock.ts'

const RETRY_MS = { min: 50, max: 1000 }

export interface Repetition {
  /** Never rejects. */
  readonly task: () => Promise<void>
  /** How long the task had better wait after a failure, in milliseconds. At most a second of it is waited. */
  readonly mayTryInMs: () => number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Runs the task at least once, and begins no further run when the time is up. Keeps the process alive meanwhile. */
export async function repeatUntil(reached: () => boolean, repetition: Repetition): Promise<void> {
  const { task, mayTryInMs, timeoutMs, clock } = repetition
  const endsAt = clock.elapsed() + timeoutMs
  const repeat = async (): Promise<void> => {
    do {
      await task()
      if (reached()) return
      const waitMs = Math.min(Math.max(RETRY_MS.min, mayTryInMs()), RETRY_MS.max)
      await new Promise<void>((resolve) => {
        clock.schedule(resolve, waitMs)
      })
    } while (clock.elapsed() < endsAt)
  }
  await atMost(timeoutMs, repeat(), clock)
}
