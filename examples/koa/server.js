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

// Tells what the gateway would do with GET /words/hello when asked for /explain/words/hello, and why. It helps
// whoever tries keys as much as it helps you, so keep it out of production.
if (process.env.EXPLAIN === '1') {
  open.get('/explain/*path', async (ctx) => {
    const { method, host } = ctx
    const url = ctx.url.slice('/explain'.length)
    ctx.body = renderExplanation(
      await protect.gateway.explain({ ctx, method, url, host, header: (name) => ctx.get(name) || undefined }),
    )
  })
}

// A dearer route with settings of its own comes before the general guard; the gateway counts a request once.
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

// What is still to be reported is delivered before the process ends.
process.once('SIGTERM', () => server.close(() => protect.gateway.close()))
