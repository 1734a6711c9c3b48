/** Waits with a time limit. */
import type { Clock, Timer } from './clock.ts'

/** Waits for a task, but at most `ms` milliseconds. Keeps the process alive meanwhile; rejects if the task does. */
export async function atMost(ms: number, task: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: Timer | undefined
  const end = new Promise<void>((resolve) => {
    timer = clock.schedule(resolve, ms)
  })
  // The clock's timers do not keep the process alive, but the caller of this function waits for it.
  const keepAlive = setTimeout(() => {}, ms)
  try {
    await Promise.race([task, end])
  } finally {
    clearTimeout(keepAlive)
    timer?.cancel()
  }
}
