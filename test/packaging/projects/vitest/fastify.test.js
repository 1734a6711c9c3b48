import { createEmulator } from '@threescale/emulator'
import threescale from '@threescale/fastify'
import Fastify from 'fastify'
import { expect, test } from 'vitest'

test('an app is guarded', async () => {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const app = Fastify()
  await app.register(threescale, { serviceId: '2555417', serviceToken: 'demo-token', timeoutMs: 10_000, backendUrl })
  app.get('/', ({ threescale: allowed }) => allowed.plan)
  const status = async (key) => (await app.inject(`/?user_key=${key}`)).statusCode
  expect([await status('unlimited-key'), await status('no-such-key')]).toEqual([200, 403])
  await app.close()
  await emulator.close()
})
