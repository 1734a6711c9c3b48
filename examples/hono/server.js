// A Hono API behind 3scale. Environment: THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, PORT (default 8080),
// THREESCALE_BACKEND_URL (default: 3scale's own), EXPLAIN=1 for the development-only route below.
import { serve } from '@hono/node-server'
import { renderExplanation } from '@threescale/core'
import { honoThreescale } from '@threescale/web/hono'
import { Hono } from 'hono'

const protect = honoThreescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  cache: true,
})

/** @type {Hono<{ Bindings: import('@hono/node-server').HttpBindings }>} */
const app = new Hono()

// Registered before the guard, so it needs no key.
app.get('/health', (c) => c.text('ok'))

// Answers /explain/words/hello?… with what the gateway would do with GET /words/hello?…, and why. It helps an attacker
// who tries keys as much as it helps you, so keep it out of production.
if (process.env.EXPLAIN === '1') {
  app.get('/explain/*', async (context) => {
    const { method, url } = context.env.incoming
    const view = { context, method, url: url.slice('/explain'.length), header: (name) => context.req.header(name) }
    return context.text(renderExplanation(await protect.gateway.explain(view)))
  })
}

// A route with its own settings is registered before the general guard, because the first guard counts the request.
app.get('/thesaurus/:word', protect.with({ usage: { hits: 1, lookup: 3 } }), (c) =>
  c.json({ word: c.req.param('word'), similar: [] }),
)

app.use(protect)

app.get('/words/:word', (c) => c.json({ word: c.req.param('word'), plan: c.get('threescale')?.plan }))

const port = Number(process.env.PORT ?? 8080)
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (info) => {
  console.log(`http://127.0.0.1:${info.port}`)
})

// Requests under way end, streams are cut after two seconds, and the gateway reports what all of them have used.
const stop = () => {
  server.close()
  setTimeout(() => server.closeAllConnections(), 2000).unref()
  return protect.gateway.close()
}
process.on('SIGTERM', stop).on('SIGINT', stop)
