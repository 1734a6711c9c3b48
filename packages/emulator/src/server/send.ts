/** Writes answers to Node's responses. */
import type { ServerResponse } from 'node:http'
import type { EmulatorResponse } from '../http/message.ts'

/** Sends an answer with its length. */
export function send(outgoing: ServerResponse, { status, headers, body }: EmulatorResponse): void {
  const length = headers['content-length'] ?? (status === 204 ? undefined : String(Buffer.byteLength(body)))
  outgoing.writeHead(status, length === undefined ? headers : { 'content-length': length, ...headers })
  outgoing.end(body)
}

/**
 * A `send` that collects the answers of one turn of the event loop and writes them together. Under load, single writes
 * would wake the client for every answer, which costs more than computing the answer.
 */
export function createBatchedSend(): typeof send {
  let waiting: Parameters<typeof send>[] = []
  function flush(): void {
    const batch = waiting
    waiting = []
    for (const [outgoing, response] of batch) send(outgoing, response)
  }
  return (outgoing, response) => {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push([outgoing, response])
  }
}
