/** The emulator: a provider behind HTTP, in process or on a port, with its control API. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, instantFrom, type SettableClock, settableClock } from './clock.ts'
import { createControlApi } from './control/api.ts'
import { type Fault, FaultPlan, validateFaults } from './faults/fault.ts'
import type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
import { demoState } from './provider/demo-state.ts'
import type { EmulatorState } from './provider/state.ts'
import { createHandler } from './server/handler.ts'
import { createRequestHandler } from './server/request-handler.ts'
import { type ListenOptions, type RunningServer, startServer } from './server/server.ts'
import type { CallRecord } from './service-management/call-log.ts'
import { ServiceManagement } from './service-management/service-management.ts'
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

/** Creates an emulator. Nothing is opened before `listen`. @throws InvalidDocumentError for a bad state. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { reportDelayMs = 0 } = options
  if (!(reportDelayMs >= 0)) throw new RangeError('reportDelayMs must be a number of at least 0')
  const clock: SettableClock = settableClock(options.clock)
  const service = new ServiceManagement(options.state ?? demoState(), clock, reportDelayMs)
  const faults = new FaultPlan()
  let server: RunningServer | undefined

  const emulator: Emulator = {
    handle: (request) => requests.handle(request),
    handler: (request, response) => handler(request, response),
    get url() {
      if (!server) throw new Error('the emulator is not listening')
      return server.url
    },
    async listen(listenOptions = {}) {
      if (server) throw new Error('the emulator is listening already')
      server = await startServer(emulator, listenOptions)
      return server.url
    },
    state: () => service.state(),
    setState: (state) => service.setState(state),
    updateState: (state) => service.updateState(state),
    usage: () => service.usage(),
    setClock(now) {
      service.runJobs(false)
      clock.freeze(now === null ? undefined : instantFrom(now))
    },
    now: () => clock.now(),
    runJobs: ({ all = false } = {}) => service.runJobs(all),
    setFaults: (list) => faults.set(validateFaults(list)),
    faults: () => faults.list(),
    calls() {
      service.runJobs(false)
      return service.calls.list()
    },
    async close() {
      const closing = server
      server = undefined
      await closing?.close()
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  }
  const requests = createRequestHandler(service, createControlApi(emulator))
  const handler = createHandler({ requests, faults, calls: service.calls, runJobs: () => service.runJobs(false) })
  return emulator
}
