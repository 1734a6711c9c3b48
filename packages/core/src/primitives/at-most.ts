/** Waits with a time limit. */
import { type Clock, MAX_TIMER_MS, type Timer } from './clock.ts'

/**
 * Waits for a task, but at most `ms` milliseconds; `Infinity` waits for its end. Keeps the process alive meanwhile;
 * rejects if the task does.
 */
export async function atMost(ms: number, task: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: Timer | undefined
  const end = new Promise<void>((resolve) => {
    if (ms < Number.POSITIVE_INFINITY) timer = clock.schedule(resolve, ms)
  })
  // The clock's timers do not keep the process alive, but the caller of this function waits for it.
  const keepAlive = setInterval(() => {}, Math.min(ms, MAX_TIMER_MS))
  try {
    await Promise.race([task, end])
  } finally {
    clearInterval(keepAlive)
    timer?.cancel()
  }
}
