// An Express API behind 3scale. Environment: THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, PORT (default 8080),
// THREESCALE_BACKEND_URL (default: 3scale's own), EXPLAIN=1 for the development-only route below, and for a product that
// uses OpenID Connect OIDC_ISSUER and OIDC_AUDIENCE.
import { renderExplanation } from '@threescale/core'
import { threescale } from '@threescale/express'
import express from 'express'

const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = process.env

const protect = threescale({
  serviceId: process.env.THREESCALE_SERVICE_ID,
  serviceToken: process.env.THREESCALE_SERVICE_TOKEN,
  backendUrl: process.env.THREESCALE_BACKEND_URL,
  // Callers send user keys, unless there is an issuer: then they send its access tokens.
  credentials: issuer === undefined ? undefined : { kind: 'oidc', issuer, audience },
})

const app = express()

// Registered before the guard, so it needs no key.
app.get('/health', (_request, response) => response.send('ok'))

// Answers /explain/words/hello?… with what the gateway would do with GET /words/hello?…, and why. It helps an attacker
// who tries keys as much as it helps you, so keep it out of production.
if (process.env.EXPLAIN === '1') {
  app.use('/explain', async (request, response) => {
    const { method, url, hostname: host } = request
    const explanation = await protect.gateway.explain({
      request,
      method,
      url,
      host,
      header: (name) => request.get(name),
    })
    response.type('text').send(renderExplanation(explanation))
  })
}

// A route with its own settings is registered before the general guard, because the first guard counts the request.
app.get('/thesaurus/:word', protect.with({ usage: { hits: 1, lookup: 3 } }), (request, response) => {
  response.json({ word: request.params.word, similar: [] })
})

app.use(protect)

app.get('/words/:word', (request, response) => {
  response.json({ word: request.params.word, plan: request.threescale?.plan })
})

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', (error) => {
  if (error) throw error
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
