/** Writes an answer to Node's response. */
import type { ServerResponse } from 'node:http'
import type { EmulatorResponse } from './message.ts'

/** Sends it whole, with its length. */
export function send(outgoing: ServerResponse, { status, headers, body }: EmulatorResponse): void {
  const length = headers['content-length'] ?? (status === 204 ? undefined : String(Buffer.byteLength(body)))
  outgoing.writeHead(status, length === undefined ? headers : { ...headers, 'content-length': length })
  outgoing.end(body)
}
