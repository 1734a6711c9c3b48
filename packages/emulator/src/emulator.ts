/** What an emulator offers: in process, on a port and, through `control/`, over HTTP. Interfaces only. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import type { Fault } from './faults/fault.ts'
import type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
import type { EmulatorState } from './provider/state.ts'
import type { CallRecord } from './service-management/call-log.ts'
import type { UsageSnapshot } from './service-management/usage-snapshot.ts'

export interface EmulatorOptions {
  /** The provider to serve. Default: a small demo provider. */
  state?: EmulatorState
  /** An own source of time, or an instant (ISO 8601 or Date) to stand still at. Default: the machine's clock. */
  clock?: Clock | Date | string
  /**
   * How long reports and authreps wait before they are counted, in milliseconds, as in the real backend. The wait is
   * measured on the emulator's clock, and no timer runs: what is due is counted, as of the instant it was due, before
   * the next request is answered and before usage or calls are read. Default 0: counted before the answer.
   */
  reportDelayMs?: number
}

export interface ListenOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1: this machine only. */
  host?: string
}

export interface Emulator {
  /** Starts a server and gives its base address, for example `http://127.0.0.1:3000`. */
  listen(options?: ListenOptions): Promise<string>
  /** The address of the server. Throws before `listen`. */
  readonly url: string
  /** For `createServer` of node:http or node:https, or any framework that hands out Node's request and response. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers one request without a socket. Faults are not applied. */
  handle(request: EmulatorRequest): EmulatorResponse
  /** A copy of the state in force. */
  state(): EmulatorState
  /** Replaces the state and clears counters and waiting jobs. @throws InvalidDocumentError, and changes nothing. */
  setState(state: EmulatorState): void
  /** Replaces the state, keeping the counters of applications and metrics that still exist. @throws like setState. */
  updateState(state: EmulatorState): void
  /** What has been counted in the current windows. */
  usage(): UsageSnapshot
  /** Stops the clock at an instant, or with null lets it run on. */
  setClock(now: Date | string | number | null): void
  /** Epoch milliseconds by the emulator's clock. */
  now(): number
  /** Counts what is due, or with `all` everything that waits, as of now. Gives the number of jobs still waiting. */
  runJobs(options?: { all?: boolean }): number
  /** Makes calls over connections go wrong from now on; replaces earlier faults. @throws InvalidDocumentError */
  setFaults(faults: Fault[]): void
  /** The faults in force. */
  faults(): Fault[]
  /** The last 1,000 calls, oldest first, secrets masked. */
  calls(): CallRecord[]
  /** Stops the server, if there is one, and cuts open connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
