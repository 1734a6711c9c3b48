import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import type { GatewayOptions } from '@threescale/core'
import { type ExpressOptions, type ExpressView, threescale } from '@threescale/express'
import cors from 'cors'
import express5, { type ErrorRequestHandler, type Request, type Response } from 'express'
import express4 from 'express4'
import { closeServer, listenOnLoopback } from '../../support/listening.ts'
import { type App, type Call, type Framework, hello, routeOf, type Setup } from '../framework.ts'

export const express: readonly Framework[] = [
  { name: 'Express 4', create: async (setup) => create(express4, setup) },
  { name: 'Express 5', create: async (setup) => create(express5, setup) },
]

function create(express: typeof express5, setup: Setup): App {
  const { onDeny, onError, prefix = '/' } = setup
  const app = express()
  if (setup.trustProxy) app.set('trust proxy', true)
  if (setup.cors) app.use(cors())
  if (setup.rewrite) {
    const { rewrite } = setup
    app.use((req, _res, next) => {
      req.url = rewrite(req.url)
      next()
    })
  }
  const forms = express.urlencoded({ extended: true })
  if (setup.forms === 'before') app.use(forms)
  const settings: Pick<ExpressOptions, 'onDeny'> =
    typeof onDeny === 'function' ? { onDeny: (denied, req, res) => onDeny(denied, callOf(req, res)) } : { onDeny }
  const guard =
    'evaluate' in setup.guard
      ? threescale(setup.guard as never, settings)
      : threescale({ ...(setup.guard as GatewayOptions<ExpressView>), ...settings })
  const guards = setup.twice ? [guard, guard] : [guard]
  const router = express.Router()
  const entries = Object.entries(setup.routes ?? {}).map(([path, route]) => ({ path, ...routeOf(route) }))
  // If a route has its own settings, routes are guarded one by one, as in the guide; else the guard is in front of all.
  const single = entries.some(({ threescale }) => threescale !== undefined)
  if (!single) router.use(guards)
  if (setup.forms === 'after') router.use(forms)
  for (const { path, handler, method, threescale } of entries) {
    const own = !single || threescale === false ? [] : threescale === undefined ? guards : [guard.with(threescale)]
    router[method === 'POST' ? 'post' : 'get'](path, ...own, (req, res) => handler(callOf(req, res)))
  }
  if (setup.routes === undefined) router.use((req: Request, res: Response) => hello(callOf(req, res)))
  app.use(prefix, router)
  if (onError !== undefined) {
    const tell: ErrorRequestHandler = (error, _req, _res, next) => {
      onError(error)
      next(error)
    }
    app.use(tell)
  }
  const server = createServer(app)
  return {
    gateway: guard.gateway as never,
    dispatch: app,
    listen: () => listenOnLoopback(server),
    async close() {
      await closeServer(server)
      await guard.gateway.close()
    },
  }
}

function callOf(req: Request, res: Response): Call {
  return {
    request: req,
    response: res,
    url: req.url,
    originalUrl: req.originalUrl,
    params: req.params as Record<string, string>,
    query: req.query,
    body: req.body,
    threescale: req.threescale,
    send: (status, body, headers = {}) => void res.status(status).set(headers).send(body),
    stream: (mediaType, chunks) => void Readable.from(chunks).pipe(res.type(mediaType)),
  }
}
