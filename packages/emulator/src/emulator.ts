/** The public interfaces of the emulator. They stand below the server and the control API, which use them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import type { Fault } from './faults/fault.ts'
import type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
import type { KeyRecord } from './identity-provider/signing-keys.ts'
import type { EmulatorState } from './provider/state.ts'
import type { CallRecord } from './service-management/call-log.ts'
import type { UsageHistory } from './service-management/usage-history.ts'
import type { UsageSnapshot } from './service-management/usage-snapshot.ts'

/** Options of `createEmulator`. */
export interface EmulatorOptions {
  /** The provider to serve. Default: a small demo provider. */
  state?: EmulatorState
  /** A source of time, or an instant (ISO 8601 or Date) at which the clock stands. Default: the machine's clock. */
  clock?: Clock | Date | string
  /**
   * How long reports and authreps wait before they are counted, in milliseconds, as in the real backend. The delay is
   * measured on the emulator's clock, without a timer. Due jobs run before the next request is answered and before
   * usage or calls are read, each as of the instant at which it was due. Default 0: counted before the answer.
   */
  reportDelayMs?: number
  /** How long each Service Management call over a connection takes before it is handled, in milliseconds. Default 0. */
  latencyMs?: number
  /**
   * How many connections are served at once, as by a server such as puma with one thread per worker. Others are accepted
   * and get no answer until one ends. The control API needs no worker. Default: no limit.
   */
  workers?: number
  /**
   * Names under which the control API may be called, as in the Host header but without a port. Default none: it answers
   * only to localhost and IP addresses, because a web page may let its own name resolve to this machine.
   */
  allowedHosts?: readonly string[]
  /**
   * Whether the admin portal is served below /admin/api: the proxy configurations of the services that have a `proxy` in
   * the state, and follow its changes. Default false.
   */
  portal?: boolean
  /**
   * Whether an identity provider is served below /realms/emulator: it issues access tokens to the applications of OAuth
   * services. Default false.
   */
  identityProvider?: boolean
}

/** Where to listen. */
export interface ListenOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1: this machine only. */
  host?: string
}

/** A provider behind the Service Management API, in process or on a port. */
export interface Emulator {
  /** Starts a server and returns its base address, for example `http://127.0.0.1:3000`. */
  listen(options?: ListenOptions): Promise<string>
  /** The address of the server. Throws before `listen`. */
  readonly url: string
  /** For `createServer` of node:http or node:https, or a framework that exposes Node's request and response. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers one request without a socket. Faults are not applied. */
  handle(request: EmulatorRequest): EmulatorResponse
  /** A copy of the current state. */
  state(): EmulatorState
  /** Replaces the state and clears counters and waiting jobs. @throws InvalidDocumentError, and changes nothing. */
  setState(state: EmulatorState): void
  /** Replaces the state, keeping the counters of applications and metrics that still exist. @throws like setState. */
  updateState(state: EmulatorState): void
  /** The counters of the current windows. */
  usage(): UsageSnapshot
  /** What was counted in each of the last 60 minutes, the oldest first; metrics without any usage are left out. */
  history(): UsageHistory
  /** Stops the clock at an instant; null lets it run again. */
  setClock(now: Date | string | number | null): void
  /** Epoch milliseconds by the emulator's clock. */
  now(): number
  /** Whether the clock stands at an instant. */
  readonly clockStopped: boolean
  /** Counts the jobs that are due, or all of them as of now. Returns the number of jobs still waiting. */
  runJobs(options?: { all?: boolean }): number
  /** Replaces the faults, which hit calls over connections only. @throws InvalidDocumentError */
  setFaults(faults: Fault[]): void
  /** The faults that are on; `count` is how many calls each still hits. One that is used up is off. */
  faults(): Fault[]
  /** The keys that the identity provider publishes, the oldest first. */
  keys(): KeyRecord[]
  /** Lets a new key sign. The old ones stay published, unless they are withdrawn. */
  rotateKeys(options?: { withdraw?: boolean }): void
  /** The last 1,000 calls, oldest first, secrets masked. */
  calls(): CallRecord[]
  /** Stops the server, if there is one, and closes open connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
