// @ts-check
/** A backend stub, a separate process, each of whose workers serves one connection until that ends, as puma's may. */
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { serve } from '../process/serve.js'
import { createAnswers, HEADERS } from './answers.js'

/** How long a worker takes for a call, so that the workers are what limits the throughput. */
const CALL_MS = 2

const answers = createAnswers({ limitCount: 3 })

const http = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const document = answers.verdict(request.url ?? '', String(request.headers['3scale-options'] ?? ''))
  setTimeout(() => {
    response.writeHead(200, { ...HEADERS, 'content-length': String(document.length) }).end(document)
  }, CALL_MS)
})

serve({
  async start(/** @type {number} */ workers) {
    let free = workers
    /** @type {import('node:net').Socket[]} */
    const unread = []
    const serveNext = () => {
      while (free > 0 && unread.length > 0) {
        const socket = unread.shift()
        if (socket === undefined || socket.destroyed) continue
        free -= 1
        socket.on('close', () => {
          free += 1
          serveNext()
        })
        http.emit('connection', socket)
        socket.resume()
      }
    }
    const server = createTcpServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => {})
      unread.push(socket)
      serveNext()
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port
  },
})
