/** A clock whose timers fire only when a test says so. */
import type { Clock } from '../../src/primitives/clock.ts'

export interface HandClock extends Clock {
  /** How many timers are waiting. */
  readonly waiting: number
  /** Fires the newest waiting timer. */
  fire(): void
}

export function handClock(): HandClock {
  const tasks: (() => void)[] = []
  return {
    now: Date.now,
    elapsed: Date.now,
    schedule(task) {
      tasks.push(task)
      return {
        cancel() {
          const at = tasks.indexOf(task)
          if (at !== -1) tasks.splice(at, 1)
        },
      }
    },
    get waiting() {
      return tasks.length
    },
    fire() {
      tasks.pop()!()
    },
  }
}
