/** Waiting with an end. */
import type { Clock, Timer } from './clock.ts'

/** Waits for a task, but at most so many milliseconds. Keeps the process alive meanwhile; rejects when the task does. */
export async function atMost(ms: number, task: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: Timer | undefined
  const end = new Promise<void>((resolve) => {
    timer = clock.schedule(resolve, ms)
  })
  // The clock's timers let the process end, but the caller of this function waits for it.
  const awake = setTimeout(() => {}, ms)
  try {
    await Promise.race([task, end])
  } finally {
    clearTimeout(awake)
    timer?.cancel()
  }
}
