const { createServer } = require('node:http')
const express = require('express')
const { createEmulator } = require('@threescale/emulator')
const threescale = require('@threescale/express')
const { isThreeScaleError, ThreeScaleClient } = require('@threescale/core')

const own = { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000 }
let emulator
let backendUrl

beforeEach(async () => {
  emulator = createEmulator()
  backendUrl = await emulator.listen({ port: 0 })
})
afterEach(() => emulator.close())

test('an app is guarded', async () => {
  const guard = threescale({ ...own, backendUrl })
  const server = express()
    .use(guard)
    .get('/', (request, response) => response.json(request.threescale.plan))
    .listen(0)
  const status = async (key) => (await fetch(`http://127.0.0.1:${server.address().port}/?user_key=${key}`)).status
  expect([await status('unlimited-key'), await status('no-such-key')]).toEqual([200, 403])
  server.close()
  await guard.gateway.close()
})

test('errors are known as such', async () => {
  const client = new ThreeScaleClient({ ...own, backendUrl: 'http://127.0.0.1:1' })
  const error = await client.authorize({ userKey: 'key' }).catch((reason) => reason)
  expect(isThreeScaleError(error)).toBe(true)
  await client.close()
})

test('a backend of a test may write its XML as it likes', async () => {
  const backend = createServer((_request, response) => {
    response.setHeader('content-type', 'application/vnd.3scale-v2.0+xml')
    response.end('<status>\n  <authorized>true</authorized>\n  <plan>Gold</plan>\n</status>\n')
  }).listen(0)
  const client = new ThreeScaleClient({ ...own, backendUrl: `http://127.0.0.1:${backend.address().port}` })
  expect(await client.authorize({ userKey: 'key' })).toMatchObject({ authorized: true, plan: 'Gold' })
  await client.close()
  backend.close()
})
