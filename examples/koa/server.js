// A Koa API behind 3scale, for applications with an id and a key in Basic authentication. Environment:
// THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, PORT (default 8080), THREESCALE_BACKEND_URL (default: 3scale's
// own), EXPLAIN=1 for the development-only route below.
import Router from '@koa/router'
import { renderExplanation } from '@threescale/core'
import { threescale } from '@threescale/koa'
import Koa from 'koa'

const protect = threescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  credentials: { kind: 'appId', in: ['authorization'] },
})

const app = new Koa()
const open = new Router()
const guarded = new Router()

open.get('/health', (ctx) => {
  ctx.body = 'ok'
})

// Answers /explain/words/hello with what the gateway would do with GET /words/hello, and why. It helps an attacker
// who tries keys as much as it helps you, so keep it out of production.
if (process.env.EXPLAIN === '1') {
  open.get('/explain/*path', async (ctx) => {
    const { method, host } = ctx
    const url = ctx.url.slice('/explain'.length)
    ctx.body = renderExplanation(
      await protect.gateway.explain({ ctx, method, url, host, header: (name) => ctx.get(name) || undefined }),
    )
  })
}

// A route with its own settings is registered before the general guard, because the first guard counts the request.
open.get('/thesaurus/:word', protect.with({ usage: { hits: 1, lookup: 3 } }), (ctx) => {
  ctx.body = { word: ctx.params.word, similar: [] }
})

guarded.get('/words/:word', (ctx) => {
  ctx.body = { word: ctx.params.word, plan: ctx.state.threescale?.plan }
})

app.use(open.routes()).use(protect).use(guarded.routes())

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}`)
})

// Requests under way end, streams are cut after two seconds, and the gateway reports what all of them have used.
const stop = () => {
  server.close()
  setTimeout(() => server.closeAllConnections(), 2000).unref()
  return protect.gateway.close()
}
process.on('SIGTERM', stop).on('SIGINT', stop)
