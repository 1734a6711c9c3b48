// WebSockets behind 3scale. Requests to upgrade do not pass through the framework, so their listener asks the gateway.
// A connection counts a hit, each message a lookup. Environment: THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, PORT
// (default 8080), THREESCALE_BACKEND_URL (default: 3scale's own).
import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import { threescale, viewOf } from '@threescale/express'
import express from 'express'
import { WebSocketServer } from 'ws'

const protect = threescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
})
const { gateway } = protect

const app = express()
app.use(protect)
app.get('/words/:word', (request, response) => response.json({ word: request.params.word }))

const server = createServer(app)
const sockets = new WebSocketServer({ noServer: true })

server.on('upgrade', async (request, socket, head) => {
  // Node removes its own error listener together with the parser.
  socket.on('error', () => socket.destroy())
  try {
    const decision = await gateway.evaluate(viewOf(request, app))
    if (decision.outcome === 'deny') return refuse(request, socket, decision)
    sockets.handleUpgrade(request, socket, head, (client) => serve(client, decision))
  } catch {
    socket.destroy()
  }
})

function serve(client, decision) {
  client.on('message', (message) => {
    if (decision.outcome === 'allow') decision.addUsage({ lookup: 1 })
    client.send(`you said ${message}`)
  })
  client.once('close', () => gateway.settle(decision, { status: 101, finished: true, header: () => undefined }))
}

function refuse(request, socket, { status, headers, body }) {
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  response.writeHead(status, { ...headers, connection: 'close' })
  response.end(body, () => socket.end())
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}`)
})

process.once('SIGTERM', async () => {
  server.close()
  // All connections end first, so that the last report holds their usage.
  const clients = [...sockets.clients]
  for (const client of clients) client.close()
  await Promise.all(clients.map((client) => once(client, 'close')))
  await gateway.close()
})
