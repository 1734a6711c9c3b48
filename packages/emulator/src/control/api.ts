/** The control API below /emulator/api/: JSON, for the machine's own programs only. */

import type { Emulator } from '../emulator.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import { InvalidDocumentError } from '../state/checks.ts'
import type { EmulatorState } from '../state/state.ts'
import { refusalOf } from './guard.ts'
import { json, problem } from './json.ts'

type Action = (emulator: Emulator, body: unknown) => EmulatorResponse

/** Answers requests below /emulator/. */
export function createControlApi(emulator: Emulator): (request: EmulatorRequest) => EmulatorResponse {
  return (request) => {
    const refusal = refusalOf(request)
    if (refusal) return refusal
    const path = request.target.split('?', 1)[0]!
    const resource = resources[path]
    if (!resource) return problem(404, `no such resource; known are ${Object.keys(resources).join(', ')}`)
    const action = resource[request.method]
    if (!action) return problem(405, `${request.method} is not allowed`, { allow: Object.keys(resource).join(', ') })
    try {
      return action(emulator, request.method === 'PUT' ? parse(request) : undefined)
    } catch (error) {
      if (error instanceof InvalidDocumentError) return problem(400, error.message, {}, error.problems)
      throw error
    }
  }
}

const resources: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  '/emulator/api/state': {
    GET: (emulator) => json(200, emulator.state()),
    PUT(emulator, body) {
      emulator.setState(body as EmulatorState)
      return json(200, emulator.state())
    },
  },
  '/emulator/api/usage': { GET: (emulator) => json(200, emulator.usage()) },
  '/emulator/api/clock': {
    GET: (emulator) => json(200, { now: new Date(emulator.now()).toISOString() }),
    PUT(emulator, body) {
      emulator.setClock(instantIn(body))
      return json(200, { now: new Date(emulator.now()).toISOString() })
    },
  },
}

function parse({ body }: EmulatorRequest): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? '').toString('utf8'))
  } catch (error) {
    throw new InvalidDocumentError('JSON', [{ path: '', message: (error as Error).message }])
  }
}

function instantIn(body: unknown): string | null {
  const now = typeof body === 'object' && body !== null ? (body as { now?: unknown }).now : undefined
  if (now === null) return null
  if (typeof now !== 'string' || Number.isNaN(new Date(now).getTime())) {
    throw new InvalidDocumentError('clock', [{ path: 'now', message: 'must be an instant in ISO 8601, or null' }])
  }
  return now
}
