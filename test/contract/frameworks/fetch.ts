/** Handlers that take a Request and give a Response, guarded by `protect`. Hono is only the router behind it. */
import { createServer } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Allowed, GatewayOptions } from '@threescale/core'
import { type ThreescaleGuard, threescale, type WebOptions, type WebView } from '@threescale/web'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { closeServer, listenOnLoopback } from '../../support/listening.ts'
import { type App, type Framework, type Handler, hello, routeOf, type Setup } from '../framework.ts'
import { rewritten, run } from './hono.ts'

export const fetchHandlers: readonly Framework[] = [{ name: 'Fetch', create: async (setup) => create(setup) }]

type Env = { Bindings: HttpBindings; Variables: { threescale?: Allowed } }

function create(setup: Setup): App {
  const { onDeny, onError, prefix = '/' } = setup
  const settings: Pick<WebOptions, 'onDeny'> = {
    onDeny:
      typeof onDeny === 'function'
        ? (denied, request) => {
            const answering = new Hono().all('*', (context) => run((call) => onDeny(denied, call), context))
            return answering.fetch(request, bindings.get(request))
          }
        : onDeny,
  }
  const guard =
    'evaluate' in setup.guard
      ? threescale(setup.guard as never, settings)
      : threescale({ ...(setup.guard as GatewayOptions<WebView>), ...settings })
  const bindings = new WeakMap<Request, HttpBindings>()
  const entries = Object.entries(setup.routes ?? {}).map(([path, route]) => ({ path, ...routeOf(route) }))
  const app = new Hono<Env>()
  if (setup.cors) app.use(cors())
  const protecting = (own: ThreescaleGuard | undefined, handler: Handler) => (context: Context<Env>) => {
    const { raw } = context.req
    bindings.set(raw, context.env)
    const handle = (allowed: Allowed | undefined, request: Request) => {
      context.req.raw = request
      if (allowed !== undefined) context.set('threescale', allowed)
      return run(handler, context)
    }
    if (own === undefined) return run(handler, context)
    if (!setup.twice) return own.protect(raw, handle)
    return own.protect(raw, (allowed, request) => own.protect(request, (again) => handle(again ?? allowed, request)))
  }
  const router = new Hono<Env>()
  for (const { path, handler, method, threescale } of entries) {
    const own = threescale === false ? undefined : threescale === undefined ? guard : guard.with(threescale)
    router.on([method ?? 'GET'], [path], protecting(own, handler))
  }
  // Where no route is, the guard decides as well, as in front of other frameworks' routes.
  router.all(
    '*',
    setup.routes === undefined ? protecting(guard, hello) : protecting(guard, (call) => call.send(404, '')),
  )
  app.route(prefix, router)
  app.onError((error) => {
    onError?.(error)
    return 'getResponse' in error ? (error.getResponse as () => Response)() : new Response('failed', { status: 500 })
  })
  const { rewrite } = setup
  const listener = getRequestListener((request, env) =>
    app.fetch(rewrite === undefined ? request : rewritten(request, rewrite), env),
  )
  const server = createServer(listener)
  return {
    gateway: guard.gateway as never,
    dispatch: (request, response) => void listener(request, response),
    listen: () => listenOnLoopback(server),
    async close() {
      await closeServer(server)
      await guard.gateway.close()
    },
  }
}
