// @ts-check
/** The handler of all benchmark applications: one small JSON answer on one route. */
import { createServer } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'

/**
 * A server that can listen.
 *
 * @typedef {{ listen(port: number, host: string): Promise<number> }} App
 */

const answer = (/** @type {string} */ word) => ({ word, definition: 'a unit of language', examples: 3 })

/** @param {(app: express.Express) => unknown} [protect] registers middleware before the route */
export async function expressHandler(protect = () => {}) {
  const app = express()
  await protect(app)
  app.get('/v1/words/:word', (request, response) => {
    response.json(answer(request.params.word))
  })
  return app
}

/** @param {(app: Koa) => unknown} [protect] */
export async function koaHandler(protect = () => {}) {
  const app = new Koa()
  await protect(app)
  app.use((context) => {
    context.body = answer(context.path.slice('/v1/words/'.length))
  })
  return app.callback()
}

/** @param {(app: import('fastify').FastifyInstance) => unknown} [protect] */
async function fastifyWithRoute(protect = () => {}) {
  const app = fastify()
  await protect(app)
  app.get('/v1/words/:word', (request, reply) => {
    reply.send(answer(/** @type {{ word: string }} */ (request.params).word))
  })
  await app.ready()
  return app
}

/** @param {Parameters<typeof fastifyWithRoute>[0]} [protect] */
export const fastifyHandler = async (protect) => (await fastifyWithRoute(protect)).routing

/** @param {Parameters<typeof expressHandler>[0]} [protect] */
export const expressApp = async (protect) => listening(createServer(await expressHandler(protect)))

/** @param {Parameters<typeof koaHandler>[0]} [protect] */
export const koaApp = async (protect) => listening(createServer(await koaHandler(protect)))

/** @param {Parameters<typeof fastifyWithRoute>[0]} [protect] */
export async function fastifyApp(protect) {
  const app = await fastifyWithRoute(protect)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return portOf(app.server)
}

/**
 * @param {import('node:http').Server} server
 * @returns {Promise<number>}
 */
function listening(server) {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      // By default Node would close an idle connection while a contender waits for its turn.
      server.keepAliveTimeout = 600_000
      resolve(portOf(server))
    })
  })
}

/** @param {import('node:http').Server} server */
const portOf = (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port
