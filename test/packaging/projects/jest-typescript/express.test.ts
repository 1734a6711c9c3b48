import type { AddressInfo } from 'node:net'
import { isThreeScaleError, ThreeScaleClient } from '@threescale/core'
import { createEmulator } from '@threescale/emulator'
import threescale, { type ExpressOptions } from '@threescale/express'
import express from 'express'

const own: ExpressOptions = { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000 }

test('an app is guarded', async () => {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const guard = threescale({ ...own, backendUrl })
  const app = express()
  app.use(guard)
  app.get('/', (request, response) => {
    response.json(request.threescale?.plan)
  })
  const server = app.listen(0)
  const { port } = server.address() as AddressInfo
  const status = async (key: string) => (await fetch(`http://127.0.0.1:${port}/?user_key=${key}`)).status
  expect([await status('unlimited-key'), await status('no-such-key')]).toEqual([200, 403])
  server.close()
  await guard.gateway.close()
  await emulator.close()
})

test('errors are known as such', async () => {
  const client = new ThreeScaleClient({ ...own, backendUrl: 'http://127.0.0.1:1' })
  const error = await client.authorize({ userKey: 'key' }).catch((reason: unknown) => reason)
  expect(isThreeScaleError(error) && error.code).toBe('ERR_THREESCALE_TRANSPORT')
  await client.close()
})
