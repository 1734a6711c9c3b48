/** Sites on Hono 4, guarded by its middleware or by `protect`. */
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Allowed, GatewayOptions } from '@threescale/core'
import { threescale, type WebView } from '@threescale/web'
import { type HonoView, honoThreescale } from '@threescale/web/hono'
import { type Context, Hono } from 'hono'
import { LinearRouter } from 'hono/router/linear-router'
import { olderSyntax, type RouteOfSet, type Seen } from '../route-set.ts'
import { bodyOf, type Mount, SERVED_FIELD, type SiteMaker, servedAs } from '../site.ts'

type Env = { Bindings: HttpBindings & { readonly allowed?: Allowed | undefined } }

export interface HonoSettings {
  /** How handlers read parameters of the query. Default: all values of all names. */
  readonly query?: 'one by one' | 'as a record'
  /** Default true. */
  readonly strict?: boolean
  /** Default: Hono's own choice of a router. */
  readonly router?: 'linear'
  /** Whether routes are mounted as a handler of the Fetch API. Default: as routes. */
  readonly mounts?: 'handler'
}

/** Guarded by the middleware for Hono. */
export function onHono(settings: HonoSettings = {}): SiteMaker {
  return async ({ set, mount, guard = 'outside' }, options) => {
    const protect = honoThreescale(options as GatewayOptions<HonoView>)
    const app = createApp(settings)
    const inner = createApp(settings)
    const guarded = guard === 'outside' ? app : inner
    guarded.use(async (context, next) => {
      await context.req.parseBody()
      await next()
    })
    guarded.use(protect)
    addRoutes(inner, set.routes, settings, (context) => context.get('threescale'))
    if (settings.mounts === 'handler')
      app.mount(mount?.path ?? '/', (request, env) => inner.fetch(request, env as never))
    else app.route(prefixOf(mount), inner)
    const listener = getRequestListener(app.fetch as never)
    return { dispatch: (request, response) => void listener(request, response), close: () => protect.gateway.close() }
  }
}

/** Guarded by `protect`, which knows nothing of the router. */
export function onHonoInProtect(settings: HonoSettings = {}): SiteMaker {
  return async ({ set, mount }, options) => {
    const { gateway, protect } = threescale(options as GatewayOptions<WebView>)
    const app = createApp(settings)
    const inner = createApp(settings)
    // Behind `protect`, a `*` needs a rule for the prefix: nothing tells that it stands for nothing.
    const routes = set.routes.map((route) => ({ ...route, path: route.path.replace(/\*(\w+)$/, ':$1{.+}') }))
    addRoutes(inner, routes, settings, (context) => context.env.allowed)
    app.route(prefixOf(mount), inner)
    const listener = getRequestListener((request) =>
      protect(request, (allowed, passed) => app.fetch(passed, { allowed } as never)),
    )
    return { dispatch: (request, response) => void listener(request, response), close: () => gateway.close() }
  }
}

function createApp({ strict = true, router }: HonoSettings): Hono<Env> {
  const app = new Hono<Env>({ strict, ...(router === undefined ? {} : { router: new LinearRouter() }) })
  // Hono's own handler prints, for example what a handler cannot read.
  return app.onError((_error, context) => context.body(null, 500))
}

function addRoutes(
  app: Hono<Env>,
  routes: readonly RouteOfSet[],
  { query }: HonoSettings,
  allowedOf: (context: Context<Env>) => Allowed | undefined,
): void {
  for (const route of routes) {
    const { method = 'GET' } = route
    const names = ['kind', 'debug']
    const queryOf = ({ req }: Context): Seen['query'] =>
      query === 'one by one'
        ? Object.fromEntries(names.map((name) => [name, req.query(name)]))
        : query === 'as a record'
          ? req.query()
          : req.queries()
    const path = syntax(route.fastifyPath ?? route.path)
    app.on(method === 'ALL' ? ['ALL'] : [method], [path], async (context) => {
      const { req } = context
      const body = bodyOf(await req.parseBody({ all: true }))
      const seen = { method: req.method, params: req.param(), query: queryOf(context), body }
      return context.body(null, 200, { [SERVED_FIELD]: servedAs(route, seen, allowedOf(context)) })
    })
  }
}

/** With a slash, because the route `/` of an app is the prefix as it is written. */
function prefixOf(mount: Mount | undefined): string {
  return `${mount?.path ?? ''}/`
}

/** Hono's parameters are whole segments, and a pattern tells which. */
function syntax(path: string): string {
  return olderSyntax(path).replace(/:(\w+)\.json$/, ':$1{[^/]+\\.json}')
}
