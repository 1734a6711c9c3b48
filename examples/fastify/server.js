// A Fastify API behind 3scale, with mapping rules and local decisions. Environment: THREESCALE_SERVICE_ID,
// THREESCALE_SERVICE_TOKEN, PORT (default 8080), THREESCALE_BACKEND_URL (default: 3scale's own), EXPLAIN=1 for the
// development-only route below.
import { renderExplanation } from '@threescale/core'
import { threescale } from '@threescale/fastify'
import Fastify from 'fastify'

const app = Fastify()

await app.register(threescale, {
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  mappingRules: [
    { method: 'GET', pattern: '/words/{word}', metric: 'lookup' },
    { method: 'GET', pattern: '/', metric: 'hits' },
  ],
  cache: true,
})

app.get('/health', { config: { threescale: false } }, async () => 'ok')

app.get('/words/:word', async (request) => ({ word: request.params.word, plan: request.threescale?.plan }))

// A route may set a usage that replaces the mapping rules.
app.get('/thesaurus/:word', { config: { threescale: { usage: { lookup: 3 } } } }, async (request) => ({
  word: request.params.word,
  similar: [],
}))

// Answers /explain/words/hello?… with what the gateway would do with GET /words/hello?…, and why. It helps an attacker
// who tries keys as much as it helps you, so keep it out of production.
if (process.env.EXPLAIN === '1') {
  app.get('/explain/*', { config: { threescale: false } }, async (request, reply) => {
    const { method, host, raw } = request
    const url = raw.url.slice('/explain'.length)
    const header = (name) => request.headers[name]
    const explanation = await app.threescale.explain({ request, raw, method, url, host, header })
    return reply.type('text/plain').send(renderExplanation(explanation))
  })
}

console.log(await app.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1' }))

// Closing the app closes its gateway, which reports the usage that is still pending.
const stop = () => app.close()
process.on('SIGTERM', stop).on('SIGINT', stop)
