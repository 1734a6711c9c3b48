/** The control API below /emulator/api/, in JSON, and the dashboard at /emulator/. */
import { pageFile } from '../dashboard/page-file.ts'
import type { Emulator } from '../emulator.ts'
import type { Fault } from '../faults/fault.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import { InvalidDocumentError } from '../provider/invalid-document.ts'
import type { EmulatorState } from '../provider/state.ts'
import { createGuard } from './guard.ts'
import { json, problem } from './json.ts'

type Action = (emulator: Emulator, body: unknown) => EmulatorResponse

/** Answers requests to the control API. */
export interface ControlApi {
  /** Answers a request whose path is below /emulator. */
  handle(request: EmulatorRequest, path: string): EmulatorResponse
  /** Whether a request asks for the stream of events and is allowed to read it. */
  wantsEvents(request: EmulatorRequest, path: string): boolean
}

/** The control API of an emulator; it answers to `allowedHosts`, too. @throws RangeError for what is no name. */
export function createControlApi(emulator: Emulator, allowedHosts: readonly string[]): ControlApi {
  const refusalOf = createGuard(allowedHosts)
  return {
    handle: (request, path) => refusalOf(request) ?? pageOf(request, path) ?? answer(emulator, request, path),
    wantsEvents: (request, path) => request.method === 'GET' && path === eventsPath && !refusalOf(request),
  }
}

const eventsPath = '/emulator/api/events'

const resources: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  '/emulator/api/state': {
    GET: (emulator) => json(200, emulator.state()),
    PUT(emulator, body) {
      emulator.setState(body as EmulatorState)
      return json(200, emulator.state())
    },
  },
  '/emulator/api/usage': { GET: (emulator) => json(200, emulator.usage()) },
  '/emulator/api/history': { GET: (emulator) => json(200, emulator.history()) },
  '/emulator/api/clock': {
    GET: (emulator) => json(200, clockOf(emulator)),
    PUT(emulator, body) {
      emulator.setClock(instantIn(body))
      return json(200, clockOf(emulator))
    },
  },
  '/emulator/api/faults': {
    GET: (emulator) => json(200, emulator.faults()),
    PUT(emulator, body) {
      emulator.setFaults(body as Fault[])
      return json(200, emulator.faults())
    },
  },
  '/emulator/api/keys': {
    GET: (emulator) => json(200, emulator.keys()),
    POST(emulator, body) {
      emulator.rotateKeys({ withdraw: withdrawIn(body) })
      return json(200, emulator.keys())
    },
  },
  '/emulator/api/calls': { GET: (emulator) => json(200, emulator.calls()) },
  // The server streams events without this table; the entry completes the list of resources.
  [eventsPath]: { GET: () => problem(400, 'events are a stream, which needs a connection') },
}

function pageOf({ method }: EmulatorRequest, path: string): EmulatorResponse | undefined {
  return method === 'GET' || method === 'HEAD' ? pageFile(path) : undefined
}

function clockOf(emulator: Emulator): { now: string; stopped: boolean } {
  return { now: new Date(emulator.now()).toISOString(), stopped: emulator.clockStopped }
}

function answer(emulator: Emulator, request: EmulatorRequest, path: string): EmulatorResponse {
  const resource = Object.hasOwn(resources, path) ? resources[path] : undefined
  if (!resource) return problem(404, `no such resource; known are ${Object.keys(resources).join(', ')}`)
  const action = Object.hasOwn(resource, request.method) ? resource[request.method] : undefined
  if (!action) return problem(405, `${request.method} is not allowed`, { allow: Object.keys(resource).join(', ') })
  try {
    return action(emulator, request.method === 'PUT' || request.body?.length ? parse(request) : undefined)
  } catch (error) {
    if (error instanceof InvalidDocumentError) return problem(400, error.message, {}, error.problems)
    throw error
  }
}

function parse({ body }: EmulatorRequest): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? '').toString('utf8'))
  } catch (error) {
    throw new InvalidDocumentError('JSON', [{ path: '', message: (error as Error).message }])
  }
}

/** Whether old keys are withdrawn: `{"withdraw": true}`; by default, and without a body, they are not. */
function withdrawIn(body: unknown): boolean {
  const { withdraw = false } = Object(body ?? {}) as { withdraw?: unknown }
  if (typeof withdraw === 'boolean') return withdraw
  throw new InvalidDocumentError('keys', [{ path: 'withdraw', message: 'must be true or false' }])
}

function instantIn(body: unknown): string | null {
  const now = typeof body === 'object' && body !== null ? (body as { now?: unknown }).now : undefined
  if (now === null) return null
  if (typeof now !== 'string' || Number.isNaN(new Date(now).getTime())) {
    throw new InvalidDocumentError('clock', [{ path: 'now', message: 'must be an instant in ISO 8601, or null' }])
  }
  return now
}
