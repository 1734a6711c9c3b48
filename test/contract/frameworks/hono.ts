import { createServer } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { GatewayOptions } from '@threescale/core'
import { type HonoOptions, type HonoView, honoThreescale } from '@threescale/web/hono'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { closeServer, listenOnLoopback } from '../../support/listening.ts'
import { type App, type Call, type Framework, type Handler, hello, routeOf, type Setup } from '../framework.ts'

export const hono: readonly Framework[] = [{ name: 'Hono 4', create: async (setup) => create(setup) }]

type Env = { Bindings: HttpBindings }

function create(setup: Setup): App {
  const { onDeny, onError, prefix = '/' } = setup
  const app = new Hono<Env>()
  if (setup.cors) app.use(cors())
  const settings: Pick<HonoOptions, 'onDeny'> = {
    onDeny: typeof onDeny === 'function' ? (denied, context) => run((call) => onDeny(denied, call), context) : onDeny,
  }
  const guard =
    'evaluate' in setup.guard
      ? honoThreescale(setup.guard as never, settings)
      : honoThreescale({ ...(setup.guard as GatewayOptions<HonoView>), ...settings })
  const guards = setup.twice ? [guard, guard] : [guard]
  const entries = Object.entries(setup.routes ?? {}).map(([path, route]) => ({ path, ...routeOf(route) }))
  const single = entries.some(({ threescale }) => threescale !== undefined)
  const router = new Hono<Env>()
  const readForm: MiddlewareHandler = async (context, next) => {
    await context.req.parseBody()
    await next()
  }
  if (setup.forms === 'before') router.use(readForm)
  if (!single) router.use(...guards)
  if (setup.forms === 'after') router.use(readForm)
  for (const { path, handler, method, threescale } of entries) {
    const own = !single || threescale === false ? [] : threescale === undefined ? guards : [guard.with(threescale)]
    router.on([method ?? 'GET'], [path], ...own, (context) => run(handler, context))
  }
  if (setup.routes === undefined) router.all('*', (context) => run(hello, context))
  app.route(prefix, router)
  // Hono's default handler prints what it answers with 500.
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

export function rewritten(request: Request, rewrite: (target: string) => string): Request {
  const { origin, pathname, search } = new URL(request.url)
  return new Request(origin + rewrite(pathname + search), request)
}

/** Runs a handler that answers by its call, or by Node's response alone. */
export async function run(handler: Handler, context: Context): Promise<Response> {
  const { incoming, outgoing } = context.env as HttpBindings
  const { pathname, search } = new URL(context.req.raw.url)
  let answer: Response = RESPONSE_ALREADY_SENT
  const call: Call = {
    request: incoming as never,
    response: outgoing as never,
    url: pathname + search,
    originalUrl: incoming.url as string,
    params: context.req.param(),
    query: context.req.query(),
    body: context.req.bodyCache.formData === undefined ? undefined : await context.req.parseBody(),
    threescale: context.get('threescale'),
    send(status, body, headers = {}) {
      answer = context.body(body, status as never, { 'content-type': 'text/plain; charset=utf-8', ...headers })
    },
    stream(mediaType, chunks) {
      answer = context.body(ReadableStream.from(bytesOf(chunks)), 200, { 'content-type': mediaType })
    },
  }
  await handler(call)
  return answer
}

async function* bytesOf(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const chunk of chunks) yield encoder.encode(chunk)
}
