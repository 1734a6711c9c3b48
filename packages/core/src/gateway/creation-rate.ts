/** Notices a gateway that is made for each request: it forgets what it knows, and its usage waits unreported. */
import { processWarning } from '../primitives/process-warning.ts'

/** A process that serves several products makes its gateways at start; few have as many as this. */
const MANY = 10
const WITHIN_MS = 1000

/** When the last gateways of the process were made, oldest first. */
const made: number[] = []
let told = false

/** Called for each new gateway; emits a process warning once, when the tenth is made within a second. */
export function noteCreation(now: number): void {
  if (told) return
  made.push(now)
  if (made.length < MANY) return
  const oldest = made.shift()!
  if (now - oldest > WITHIN_MS) return
  told = true
  processWarning(
    'THREESCALE_GATEWAY_PER_REQUEST',
    `${MANY} gateways were made within a second; make one when the process starts, not one for each request`,
  )
}
