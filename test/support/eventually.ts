/** Waits for something another party does, without a fixed sleep. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves as soon as `reached` is true; fails after five seconds. */
export async function eventually(reached: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5000
  while (!reached()) {
    if (Date.now() > deadline) throw new Error(`did not happen within five seconds: ${what}`)
    await sleep(5)
  }
}
