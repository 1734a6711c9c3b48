// An Express app behind serverless-http, which makes requests of Lambda's events without a socket.
const assert = require('node:assert/strict')
const express = require('express')
const serverless = require('serverless-http')
const { createEmulator } = require('@threescale/emulator')
const threescale = require('@threescale/express')

async function main() {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const guard = threescale({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    timeoutMs: 10_000,
    backendUrl,
    cache: true,
  })
  const app = express().use(guard)
  app.get('/', (request, response) => response.send(request.threescale.plan))
  const handle = serverless(app)
  const handler = async (event, context) => {
    const answer = await handle(event, context)
    await guard.gateway.flush()
    return answer
  }
  const status = async (key) => {
    const event = { httpMethod: 'GET', path: '/', queryStringParameters: { user_key: key }, headers: { host: 'api' } }
    return (await handler(event, {})).statusCode
  }
  assert.deepEqual([await status('unlimited-key'), await status('no-such-key')], [200, 403])
  const { acknowledged, pending } = guard.gateway.stats().usage.hits
  assert.deepEqual({ acknowledged, pending }, { acknowledged: 1, pending: 0 })
  await guard.gateway.close()
  await emulator.close()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
