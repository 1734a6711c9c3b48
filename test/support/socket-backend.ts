/** A backend on a real socket that a test controls. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listenOnLoopback } from './listening.ts'

export const TYPE = 'application/vnd.3scale-v2.0+xml'
export const YES =
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan></status>'

export interface SocketBackend {
  readonly url: string
  /** Requests that arrived, as method and target. */
  readonly requests: string[]
  readonly sockets: Set<Socket>
  /** How many connections were made. */
  readonly connections: number
}

/** Listens until the end of the test; calls `answer` for each request once its body has been read. */
export async function startBackend(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<SocketBackend> {
  const requests: string[] = []
  const server = createServer({ maxHeaderSize: 262_144 }, (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => answer(request, response, body))
  })
  return Object.assign(await listen(server), { requests })
}

/** Listens until the end of the test; calls `onConnection` with each raw connection. */
export async function startTcp(onConnection: (socket: Socket) => void): Promise<SocketBackend> {
  return Object.assign(await listen(createTcpServer(onConnection)), { requests: [] })
}

async function listen(server: Server): Promise<Omit<SocketBackend, 'requests'>> {
  const sockets = new Set<Socket>()
  const seen = { connections: 0 }
  server.on('connection', (socket: Socket) => {
    seen.connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    get connections() {
      return seen.connections
    },
  }
}

/** Authorizes, as 3scale does. */
export function sayYes(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': TYPE }).end(YES)
}
