/** From Node's request and response to the emulator and back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorRequest, EmulatorResponse } from './message.ts'

/** Larger bodies are cut off: 413. */
const maxBodyBytes = 16 * 1024 * 1024

export interface HandlerParts {
  handle(request: EmulatorRequest): EmulatorResponse
  /** Answers requests below /emulator/. */
  control(request: EmulatorRequest): EmulatorResponse
}

/** The listener for `createServer`. */
export function createHandler({ handle, control }: HandlerParts) {
  function respond(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer | undefined): void {
    const target = incoming.url ?? '/'
    const request = { method: incoming.method ?? 'GET', target, headers: incoming.headers, body }
    send(outgoing, target.startsWith('/emulator/') ? control(request) : handle(request))
  }
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
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
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
    else if (size - chunk.length <= maxBodyBytes) done(undefined)
  })
  incoming.on('end', () => {
    if (size <= maxBodyBytes) done(Buffer.concat(chunks))
  })
}

function send(outgoing: ServerResponse, { status, headers, body }: EmulatorResponse): void {
  const length = headers['content-length'] ?? (status === 204 ? undefined : String(Buffer.byteLength(body)))
  outgoing.writeHead(status, length === undefined ? headers : { ...headers, 'content-length': length })
  outgoing.end(body)
}
