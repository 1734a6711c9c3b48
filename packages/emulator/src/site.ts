/** What is served beside the Service Management API, on other paths of the same port. */

import type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
import type { RequestTarget } from './http/request-target.ts'
import type { EmulatorState } from './provider/state.ts'

/** A server of its own in the real world, which therefore needs no worker and is hit by no fault. */
export interface Site {
  /** Told of the state at first, and after each change. */
  follow(state: EmulatorState): void
  /** Whether a path is one of its own. */
  owns(path: string): boolean
  /** Answers a request whose path it owns. */
  answer(request: EmulatorRequest, target: RequestTarget): EmulatorResponse
}
