// @ts-check
/** What every benchmark application does once a request is let in: one small JSON answer on one route. */
import { createServer } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'

/**
 * Something that listens.
 *
 * @typedef {{ listen(port: number, host: string): Promise<number> }} App
 */

const answer = (/** @type {string} */ word) => ({ word, definition: 'a unit of language', examples: 3 })

/** @param {(app: express.Express) => unknown} [protect] registers what stands before the route */
export async function expressApp(protect = () => {}) {
  const app = express()
  await protect(app)
  app.get('/v1/words/:word', (request, response) => {
    response.json(answer(request.params.word))
  })
  return listening((port, host, done) => app.listen(port, host, done))
}

/** @param {(app: Koa) => unknown} [protect] */
export async function koaApp(protect = () => {}) {
  const app = new Koa()
  await protect(app)
  app.use((context) => {
    context.body = answer(context.path.slice('/v1/words/'.length))
  })
  return listening((port, host, done) => app.listen(port, host, done))
}

/** @param {(app: import('fastify').FastifyInstance) => unknown} [protect] */
export async function fastifyApp(protect = () => {}) {
  const app = fastify()
  await protect(app)
  app.get('/v1/words/:word', (request, reply) => {
    reply.send(answer(/** @type {{ word: string }} */ (request.params).word))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return portOf(app.server)
}

/** `node:http` with nothing at all, as the floor below every framework. */
export function nodeApp() {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    const body = JSON.stringify(answer(path.slice('/v1/words/'.length)))
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
    })
    response.end(body)
  })
  return listening((port, host, done) => server.listen(port, host, done))
}

/**
 * @param {(port: number, host: string, done: () => void) => import('node:http').Server} listen
 * @returns {Promise<number>}
 */
function listening(listen) {
  return new Promise((resolve) => {
    const server = listen(0, '127.0.0.1', () => {
      // Contenders wait for their turn longer than Node keeps an idle connection.
      server.keepAliveTimeout = 600_000
      resolve(portOf(server))
    })
  })
}

/** @param {import('node:http').Server} server */
const portOf = (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port
