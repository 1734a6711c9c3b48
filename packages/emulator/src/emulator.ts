/** The emulator: a provider's state, counters and clock behind one door. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createDirectory, type Directory } from './backend/directory.ts'
import { createWindowCache } from './backend/period.ts'
import { type Clock, SettableClock, systemClock } from './clock.ts'
import { createControlApi } from './control/api.ts'
import { Counters } from './counting/counters.ts'
import { JobQueue } from './counting/job-queue.ts'
import { type ReportJob, runReportJob } from './counting/report-job.ts'
import { answer } from './http/answer.ts'
import { createHandler } from './http/handler.ts'
import { readLenientRequest } from './http/lenient-request.ts'
import { type EmulatorRequest, type EmulatorResponse, writeMessage } from './http/message.ts'
import { parseTarget } from './http/request-target.ts'
import { route } from './http/routes.ts'
import { toByteString } from './rack/bytes.ts'
import { demoState } from './state/demo-state.ts'
import type { EmulatorState } from './state/state.ts'
import { validateState } from './state/validate-state.ts'
import { snapshotUsage, type UsageSnapshot } from './usage-snapshot.ts'

export interface EmulatorOptions {
  /** The provider to serve. Default: a small demo provider. */
  state?: EmulatorState
  /** An own source of time, or an instant (ISO 8601 or Date) to stand still at. Default: the machine's clock. */
  clock?: Clock | Date | string
  /**
   * How long reports and authreps wait before they are counted, in milliseconds, as in the real backend. The wait is
   * measured on the emulator's clock, and no timer runs: what is due is counted, as of the instant it was due, before
   * the next request is answered and before usage or state is read. Default 0: counted before the answer.
   */
  reportDelayMs?: number
}

export interface ListenOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
}

export interface Emulator {
  /** Starts a server and gives its base address, for example `http://127.0.0.1:3000`. */
  listen(options?: ListenOptions): Promise<string>
  /** The address of the server. Throws before `listen`. */
  readonly url: string
  /** For `createServer` of node:http or node:https, or any framework that hands out Node's request and response. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers one request without a socket, the control API excepted. */
  handle(request: EmulatorRequest): EmulatorResponse
  /** The state in force. */
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
  /** Counts what is due, or with `all` everything that waits. Gives the number of jobs still waiting. */
  runJobs(options?: { all?: boolean }): number
  /** Stops the server, if there is one, and cuts open connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Creates an emulator. Nothing is opened and no timer runs before `listen`. @throws InvalidDocumentError */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { reportDelayMs = 0 } = options
  const clock = clockFrom(options.clock)
  const windowsAt = createWindowCache()
  const counters = new Counters()
  let state = validateState(options.state ?? demoState())
  let directory: Directory = createDirectory(state)
  const jobs = new JobQueue<ReportJob>((job, at) => {
    runReportJob(job, directory, counters, at)
  })
  let server: Server | undefined
  let url: string | undefined

  function handle(request: EmulatorRequest): EmulatorResponse {
    const target = parseTarget(toByteString(request.target))
    if (!target) return refused
    const now = clock.now()
    jobs.runDue(now)
    const response = answer(route(request.method, target.path), request, target.query, bodyBytes(request.body), {
      directory,
      counters,
      now,
      windows: windowsAt(now),
      enqueue: (job) => jobs.add(job, now, reportDelayMs),
    })
    return request.method === 'HEAD' ? withoutBody(response) : response
  }

  function replaceState(next: EmulatorState): void {
    const valid = structuredClone(validateState(next))
    jobs.runDue(clock.now())
    state = valid
    directory = createDirectory(valid)
  }

  const emulator: Emulator = {
    handle,
    handler: createHandler({ handle, control: (request) => control(request) }),
    get url() {
      if (url === undefined) throw new Error('the emulator is not listening yet')
      return url
    },
    async listen({ port = 0, host = '127.0.0.1' } = {}) {
      if (server) throw new Error('the emulator is listening already')
      const created = createServer({ maxHeaderSize: 114_688, requireHostHeader: false }, emulator.handler)
      created.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
        const request = readLenientRequest(error.rawPacket)
        if (socket.writable) socket.end(writeMessage(request ? handle(request) : refused))
      })
      await new Promise<void>((resolve, reject) => {
        created.once('error', reject)
        created.listen(port, host, resolve)
      })
      server = created
      const address = created.address() as { port: number }
      url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
      return url
    },
    state: () => structuredClone(state),
    setState(next) {
      replaceState(next)
      counters.clear()
      jobs.clear()
    },
    updateState(next) {
      replaceState(next)
      counters.keep((service, application) => {
        const found = directory.service(service)
        if (!found?.application(application)) return undefined
        return new Set(found.metrics.map(({ counterKey }) => counterKey))
      })
    },
    usage() {
      const now = clock.now()
      jobs.runDue(now)
      return snapshotUsage(state, directory, counters, windowsAt(now))
    },
    setClock(now) {
      jobs.runDue(clock.now())
      clock.freeze(now === null ? undefined : instantFrom(now))
    },
    now: () => clock.now(),
    runJobs({ all = false } = {}) {
      jobs.runDue(all ? Number.POSITIVE_INFINITY : clock.now())
      return jobs.size
    },
    async close() {
      const closing = server
      server = undefined
      url = undefined
      if (!closing) return
      closing.closeAllConnections()
      await new Promise<void>((resolve) => closing.close(() => resolve()))
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  }
  const control = createControlApi(emulator)
  return emulator
}

/** Puma's answer to what is no HTTP. */
const refused: EmulatorResponse = { status: 400, headers: { connection: 'close' }, body: '' }

function clockFrom(given: EmulatorOptions['clock']): SettableClock {
  const isInstant = typeof given === 'string' || given instanceof Date
  const clock = new SettableClock(isInstant || given === undefined ? systemClock : given)
  if (isInstant) clock.freeze(instantFrom(given))
  return clock
}

function instantFrom(value: Date | string | number): number {
  const instant = new Date(value).getTime()
  if (Number.isNaN(instant)) throw new RangeError(`no instant: ${JSON.stringify(value)}`)
  return instant
}

function bodyBytes(body: EmulatorRequest['body']): string {
  if (body === undefined || body.length === 0) return ''
  if (typeof body === 'string') return Buffer.from(body, 'utf8').toString('latin1')
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
}

/** The real backend counts the length of a status document, but gives `<error>` documents none. */
function withoutBody({ status, headers, body }: EmulatorResponse): EmulatorResponse {
  const length = status >= 400 && status !== 409 ? 0 : Buffer.byteLength(body)
  return { status, headers: { ...headers, 'content-length': String(length) }, body: '' }
}
