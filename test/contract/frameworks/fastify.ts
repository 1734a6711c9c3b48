import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import formbody from '@fastify/formbody'
import type { GatewayOptions } from '@threescale/core'
import { type FastifySettings, type FastifyView, threescale } from '@threescale/fastify'
import createFastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { type App, type Call, type Framework, type Handler, hello, routeOf, type Setup } from '../framework.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export const fastify: readonly Framework[] = [{ name: 'Fastify 5', create }]

async function create(setup: Setup): Promise<App> {
  const { onDeny, onError, prefix } = setup
  const { rewrite } = setup
  const options = { forceCloseConnections: true, trustProxy: setup.trustProxy ?? false } as const
  const app =
    rewrite === undefined
      ? createFastify(options)
      : createFastify({ ...options, rewriteUrl: ({ url }) => rewrite(url as string) })
  if (onError !== undefined) app.addHook('onError', async (_request, _reply, error) => onError(error))
  if (setup.cors) await app.register(cors)
  if (setup.forms !== undefined) await app.register(formbody)
  const settings: FastifySettings = {
    onDeny: typeof onDeny === 'function' ? (denied, request, reply) => onDeny(denied, callOf(request, reply)) : onDeny,
  }
  const guard =
    'evaluate' in setup.guard
      ? { gateway: setup.guard as never, ...settings }
      : { ...(setup.guard as GatewayOptions<FastifyView>), ...settings }
  let gateway: unknown
  // A child scope, the usual way to guard a part of an app.
  await app.register(
    async (scope) => {
      await scope.register(threescale, guard)
      if (setup.twice) await scope.register(threescale, { gateway: scope.threescale, ...settings })
      for (const [path, entry] of Object.entries(setup.routes ?? {})) {
        const { handler, method = 'GET', threescale } = routeOf(entry)
        scope.route({
          method,
          url: path,
          config: threescale === undefined ? {} : { threescale },
          handler: (request, reply) => run(handler, request, reply),
        })
      }
      if (setup.routes === undefined) {
        // @fastify/cors has its own route for OPTIONS.
        const method = METHODS.filter((each) => each !== 'OPTIONS' || !setup.cors)
        scope.route({ method, url: '/*', handler: (request, reply) => run(hello, request, reply) })
      }
      gateway = scope.threescale
    },
    prefix === undefined ? {} : { prefix },
  )
  await app.ready()
  return {
    gateway: gateway as never,
    dispatch: (request, response) => app.routing(request, response),
    async listen() {
      await app.listen({ port: 0, host: '127.0.0.1' })
      return (app.server.address() as AddressInfo).port
    },
    close: () => app.close(),
  }
}

async function run(handler: Handler, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  await handler(callOf(request, reply))
  return reply
}

function callOf(request: FastifyRequest, reply: FastifyReply): Call {
  return {
    request: request.raw,
    response: reply.raw,
    url: request.url,
    originalUrl: request.originalUrl,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    body: request.body,
    threescale: request.threescale,
    send: (status, body, headers = {}) => void reply.code(status).headers(headers).send(body),
    stream: (mediaType, chunks) => void reply.type(mediaType).send(Readable.from(chunks)),
  }
}
