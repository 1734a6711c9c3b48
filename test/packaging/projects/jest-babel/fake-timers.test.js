const { createGateway } = require('@threescale/core')
const { createEmulator } = require('@threescale/emulator')

test('advancing fake timers sends the report', async () => {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  // The sockets between gateway and emulator need the real ones.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    timeoutMs: 10_000,
    backendUrl,
    cache: true,
    report: { intervalMs: 60_000 },
  })
  const view = { method: 'GET', url: '/?user_key=unlimited-key', header: () => undefined }
  expect(await gateway.evaluate(view)).toMatchObject({ outcome: 'allow' })
  expect(gateway.stats().usage.hits).toMatchObject({ pending: 1, acknowledged: 0 })

  jest.advanceTimersByTime(60_000)
  while (gateway.stats().usage.hits.acknowledged === 0) await new Promise((resolve) => setImmediate(resolve))

  expect(gateway.stats().usage.hits).toMatchObject({ pending: 0, acknowledged: 1 })
  jest.useRealTimers()
  await gateway.close()
  await emulator.close()
})
