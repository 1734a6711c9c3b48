/** What sends the requests of the served fuzz. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OddRequest } from './odd-request.ts'

export interface Caller {
  /** What the handler said in its answer, undefined if none was reached. */
  ask(request: OddRequest): Promise<string | undefined>
  close(): Promise<void>
}

export type Dispatch = (request: IncomingMessage, response: ServerResponse) => void
