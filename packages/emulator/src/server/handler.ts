/** Connects Node's requests and responses to the emulator, and applies faults. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type EventSources, streamEvents } from '../control/event-stream.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { EndpointName } from '../http/routes.ts'
import { crashResponse } from '../service-management/failure.ts'
import { answerWithFaults } from './faulty-answer.ts'
import type { RequestHandler } from './request-handler.ts'
import { createBatchedSend, send } from './send.ts'
import type { Workers } from './workers.ts'

/** Larger bodies are answered with 413. */
const maxBodyBytes = 16 * 1024 * 1024

/** What the handler connects. */
export interface HandlerParts {
  readonly requests: RequestHandler
  readonly faults: FaultPlan
  /** How long a Service Management call waits before it is handled, in milliseconds. */
  readonly latencyMs: number
  /** Undefined: all connections are served. */
  readonly workers: Workers | undefined
  readonly events: EventSources
}

/** The listener for `createServer`. */
export function createHandler({
  requests,
  faults,
  latencyMs,
  workers,
  events,
}: HandlerParts): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const sendSoon = createBatchedSend()
  function respond(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer | undefined): void {
    const request = {
      method: incoming.method ?? 'GET',
      target: incoming.url ?? '/',
      headers: incoming.headers,
      body,
    } satisfies EmulatorRequest
    if (requests.wantsEvents(request)) {
      streamEvents(outgoing, events)
      return
    }
    if (!workers || !requests.needsWorker(request)) serve(request, outgoing)
    else workers.run(incoming.socket, () => serve(request, outgoing))
  }
  function serve(request: EmulatorRequest, outgoing: ServerResponse): void {
    const endpoint = faults.isEmpty && latencyMs === 0 ? undefined : requests.endpointOf(request)
    if (endpoint && latencyMs > 0) setTimeout(answer, latencyMs, request, outgoing, endpoint).unref()
    else answer(request, outgoing, endpoint)
  }
  function answer(request: EmulatorRequest, outgoing: ServerResponse, endpoint: EndpointName | undefined): void {
    const hits = endpoint ? faults.take(endpoint) : []
    if (hits.length === 0) sendSoon(outgoing, handleSafely(request))
    else answerWithFaults(request, outgoing, hits, requests)
  }
  // A bug in the emulator must not end the process of its user. The real backend answers its own with 500, too.
  function handleSafely(request: EmulatorRequest): EmulatorResponse {
    try {
      return requests.handle(request)
    } catch (error) {
      process.emitWarning(error as Error)
      return crashResponse
    }
  }
  return (incoming, outgoing) => {
    const { headers } = incoming
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
      respond(incoming, outgoing, undefined)
    } else {
      readBody(incoming, (body) => {
        if (body) respond(incoming, outgoing, body)
        else send(outgoing, { status: 413, headers: { connection: 'close' }, body: '' })
      })
    }
  }
}

function readBody(incoming: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    const before = size
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
    else if (before <= maxBodyBytes) done(undefined)
  })
  incoming.on('end', () => {
    if (size <= maxBodyBytes) done(Buffer.concat(chunks))
  })
}
