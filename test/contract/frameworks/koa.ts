import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import cors from '@koa/cors'
import Router from '@koa/router'
import type { GatewayOptions } from '@threescale/core'
import { type KoaOptions, type KoaView, threescale } from '@threescale/koa'
import Koa3, { type Context, type Middleware } from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { closeServer, listenOnLoopback } from '../../support/listening.ts'
import { type App, type Call, type Framework, hello, routeOf, type Setup } from '../framework.ts'

export const koa: readonly Framework[] = [
  { name: 'Koa 2', create: async (setup) => create(Koa2, setup) },
  { name: 'Koa 3', create: async (setup) => create(Koa3, setup) },
]

function create(Koa: typeof Koa3, setup: Setup): App {
  const { onDeny, onError, prefix } = setup
  const app = new Koa({ proxy: setup.trustProxy ?? false })
  // Koa prints errors that its default handler answers with 5xx.
  app.silent = true
  if (onError !== undefined) app.on('error', (error) => onError(error))
  if (setup.cors) app.use(cors())
  if (setup.rewrite) {
    const { rewrite } = setup
    app.use((ctx, next) => {
      ctx.url = rewrite(ctx.url)
      return next()
    })
  }
  if (setup.forms === 'before') app.use(readForm)
  const settings: Pick<KoaOptions, 'onDeny'> =
    typeof onDeny === 'function' ? { onDeny: (denied, ctx) => onDeny(denied, callOf(ctx)) } : { onDeny }
  const guard =
    'evaluate' in setup.guard
      ? threescale(setup.guard as never, settings)
      : threescale({ ...(setup.guard as GatewayOptions<KoaView>), ...settings })
  const guards: Middleware[] = setup.twice ? [guard, guard] : [guard]
  const entries = Object.entries(setup.routes ?? {}).map(([path, route]) => ({ path, ...routeOf(route) }))
  const single = entries.some(({ threescale }) => threescale !== undefined)
  const inner = new Koa()
  inner.silent = true
  if (!single) for (const each of guards) inner.use(each)
  if (setup.forms === 'after') inner.use(readForm)
  const router = new Router()
  for (const { path, handler, method, threescale } of entries) {
    const own = !single || threescale === false ? [] : threescale === undefined ? guards : [guard.with(threescale)]
    router[method === 'POST' ? 'post' : 'get'](path, ...(own as never[]), (ctx) => handler(callOf(ctx as never)))
  }
  inner.use(router.routes() as never)
  if (setup.routes === undefined) inner.use((ctx) => hello(callOf(ctx)))
  app.use(prefix === undefined ? mount(inner) : mount(prefix, inner))
  const dispatch = app.callback()
  const server = createServer(dispatch)
  return {
    gateway: guard.gateway as never,
    dispatch,
    listen: () => listenOnLoopback(server),
    async close() {
      await closeServer(server)
      await guard.gateway.close()
    },
  }
}

/** Reads a form as koa-bodyparser and similar middleware do. */
const readForm: Middleware = async (ctx, next) => {
  if (ctx.is('urlencoded')) {
    let text = ''
    for await (const chunk of ctx.req) text += chunk
    Object.assign(ctx.request, { body: Object.fromEntries(new URLSearchParams(text)) })
  }
  await next()
}

function callOf(ctx: Context): Call {
  return {
    request: ctx.req,
    response: ctx.res,
    url: ctx.url,
    originalUrl: ctx.originalUrl,
    params: (ctx as { params?: Record<string, string> }).params ?? {},
    query: ctx.query,
    body: (ctx.request as { body?: unknown }).body,
    threescale: ctx.state.threescale,
    send(status, body, headers = {}) {
      ctx.status = status
      ctx.set(headers)
      ctx.body = body
    },
    stream(mediaType, chunks) {
      ctx.type = mediaType
      ctx.body = Readable.from(chunks)
    },
  }
}
