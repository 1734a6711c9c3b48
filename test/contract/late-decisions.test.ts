/** A response that was answered while the gateway decided, by a time limit for example, gets nothing more. */
import type { RequestListener } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { threescale as threescaleExpress } from '@threescale/express'
import { threescale as threescaleFastify } from '@threescale/fastify'
import { threescale as threescaleKoa } from '@threescale/koa'
import { honoThreescale } from '@threescale/web/hono'
import express5 from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { timing } from 'hono/timing'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { LARGE, SMALL, throughTimeLimit } from './answered-meanwhile.ts'
import { allow, denied, type Script, type ScriptedGateway, scriptGateway } from './scripted-gateway.ts'

type Make = (
  tooSlow: Buffer,
  gateway: ScriptedGateway,
  served: () => void,
  failed: (error: unknown) => void,
) => RequestListener | Promise<RequestListener>

/** The default settings of @hono/node-server replace it. */
const NativeResponse = globalThis.Response

const onExpress =
  (express: typeof express5): Make =>
  (tooSlow, gateway, served, failed) => {
    const app = express()
    app.get('/fine', (_request, response) => void response.send('fine'))
    app.use((_request, response, next) => {
      setImmediate(() => response.status(503).send(tooSlow))
      next()
    })
    app.use(threescaleExpress(gateway as never), served)
    app.use(((error, _request, _response, _next) => failed(error)) as express5.ErrorRequestHandler)
    return app as never
  }

const onKoa =
  (Koa: typeof Koa3): Make =>
  (tooSlow, gateway, served, failed) => {
    const app = new Koa().on('error', failed)
    app.use(async (ctx, next) => {
      if (ctx.path === '/fine') {
        ctx.body = 'fine'
        return
      }
      setImmediate(() => {
        ctx.res.statusCode = 503
        ctx.res.end(tooSlow)
      })
      await next()
    })
    app.use(threescaleKoa(gateway as never)).use(served)
    return app.callback()
  }

const onFastify: Make = async (tooSlow, gateway, served, failed) => {
  const app = fastify()
  app.get('/fine', (_request, reply) => reply.send('fine'))
  await app.register(async (limited) => {
    limited.addHook('onRequest', (_request, reply, done) => {
      setImmediate(() => void reply.code(503).send(tooSlow))
      done()
    })
    limited.setErrorHandler(failed)
    await limited.register(threescaleFastify, { gateway: gateway as never })
    limited.get('/', served)
  })
  await app.ready()
  return app.routing
}

/** @param more middleware that changes the Response, as that of Hono itself does. */
const onHono =
  (settings: Parameters<typeof getRequestListener>[1], ...more: MiddlewareHandler[]): Make =>
  (tooSlow, gateway, served, failed) => {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.get('/fine', (context) => context.text('fine'))
    app.use(...more, async (context, next) => {
      setImmediate(() => {
        context.env.outgoing.statusCode = 503
        context.env.outgoing.end(tooSlow)
      })
      await next()
    })
    app.use(honoThreescale(gateway as never))
    app.get('/', (context) => {
      served()
      return context.text('served')
    })
    app.onError((error, context) => {
      failed(error)
      return context.text('failed', 500)
    })
    return getRequestListener(app.fetch, settings)
  }

const onHonoWithoutGlobals: Make = (...given) => {
  vi.stubGlobal('Response', NativeResponse)
  onTestFinished(() => void vi.unstubAllGlobals())
  return onHono({ overrideGlobalObjects: false })(...given)
}

const failing: Script = () => {
  throw new Error('the callback failed')
}

const outcomes: readonly [string, Script][] = [
  ['a denial', () => denied()],
  ['an allowance', () => allow()],
  ['a failed callback', failing],
]

describe.each<[string, Make]>([
  ['Express 4', onExpress(express4)],
  ['Express 5', onExpress(express5)],
  ['Koa 2', onKoa(Koa2)],
  ['Koa 3', onKoa(Koa3)],
  ['Fastify', onFastify],
  ['Hono', onHono({})],
  ['Hono with the Response of Node', onHonoWithoutGlobals],
  ['Hono with CORS', onHono({}, cors())],
  ['Hono with a changed Response', onHono({}, timing(), compress())],
])('%s', (_name, make) => {
  describe.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('a %s answer', (_size, tooSlow) => {
    it.each(outcomes)('is whole, and %s that comes later reaches no handler', async (_, outcome) => {
      const decisions: (() => void)[] = []
      const gateway = scriptGateway(async (view, route) => {
        await new Promise<void>((resolve) => decisions.push(resolve))
        return outcome(view, route)
      })
      const reached: unknown[] = []
      const listener = await make(
        tooSlow,
        gateway,
        () => reached.push('served'),
        (error) => reached.push(error),
      )
      const seen = await throughTimeLimit(listener, async () => {
        await eventually(() => decisions.length === 1, 'asking')
        decisions[0]!()
      })
      expect(seen).toEqual({ statuses: [503, 200], bytes: tooSlow.length, sockets: 1, logged: [] })
      expect(reached).toEqual([])
    })
  })
})
