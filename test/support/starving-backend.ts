/** A backend whose workers serve one connection at a time, as puma's may: others are accepted, and not read. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listenOnLoopback } from './listening.ts'

export interface StarvingBackend {
  readonly url: string
  /** Connections so far, by the order in which workers turned to them. */
  readonly served: Socket[]
  /** How many connections are open, served or not. */
  readonly open: number
  /** The most that were open at once. */
  readonly mostOpen: number
  readonly calls: number
  /** Takes up further connections at once. */
  addWorkers(count: number): void
}

/** Listens until the end of the test. A worker stays with its connection until that ends. */
export async function startStarvingBackend(
  workers: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<StarvingBackend> {
  const open = new Set<Socket>()
  const unread: Socket[] = []
  const served: Socket[] = []
  const seen = { calls: 0, mostOpen: 0 }
  let free = workers
  const http = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    seen.calls++
    answer(request, response)
  })

  function serveNext(): void {
    while (free > 0 && unread.length > 0) {
      const socket = unread.shift()!
      if (socket.destroyed) continue
      free--
      served.push(socket)
      socket.on('close', () => {
        free++
        serveNext()
      })
      http.emit('connection', socket)
      socket.resume()
    }
  }

  const server = createTcpServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket)
    seen.mostOpen = Math.max(seen.mostOpen, open.size)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    unread.push(socket)
    serveNext()
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return {
    url: `http://127.0.0.1:${port}`,
    served,
    get open() {
      return open.size
    },
    get mostOpen() {
      return seen.mostOpen
    },
    get calls() {
      return seen.calls
    },
    addWorkers(count) {
      free += count
      serveNext()
    },
  }
}
