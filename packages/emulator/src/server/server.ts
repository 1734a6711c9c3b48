/** The emulator's own server. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Emulator, ListenOptions } from '../emulator.ts'
import { writeMessage } from '../http/message.ts'
import { readLenientRequest } from './lenient-request.ts'
import { refusedResponse } from './request-handler.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

/** Puma accepts header sections of this size. */
const maxHeaderSize = 114_688

/** Starts to listen. Rejects when the address is not available. */
export async function startServer(
  { handler, handle }: Pick<Emulator, 'handler' | 'handle'>,
  { port = 0, host = '127.0.0.1' }: ListenOptions,
): Promise<RunningServer> {
  const server = createServer({ maxHeaderSize, requireHostHeader: false }, handler)
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    const request = readLenientRequest(error.rawPacket)
    if (socket.writable) socket.end(writeMessage(request ? handle(request) : refusedResponse))
  })
  server.on('connect', ({ method = '', url = '' }, socket) => {
    if (socket.writable) socket.end(writeMessage(handle({ method, target: url })))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
