/** What strangers make a gateway remember is bounded in bytes, however long their credentials are. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { TRANSPORT, type TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import type { GatewayOptions } from '../../packages/core/src/index.ts'
import { createWorld, stateOf } from '../support/world.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Denies every key and quotes it, as 3scale does. */
async function deny({ path }: TransportRequest) {
  const key = new URL(path, 'http://backend').searchParams.get('user_key')
  const body = `<?xml version="1.0" encoding="UTF-8"?><error code="user_key_invalid">user key "${key}" is invalid</error>`
  return { status: 403, headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' }, body: Buffer.from(body) }
}

const KEYS = 2000

describe.each([
  ['direct', false],
  ['cached', true],
] as const)('%s', (_mode, cache) => {
  it('law 10: remembered denials of keys of 4 KB take less than 1 KB each', async () => {
    const gateway = createGateway({
      serviceId: '1',
      serviceToken: 'token',
      cache,
      [TRANSPORT]: { request: deny },
    } as object as GatewayOptions)
    const ask = async (index: number) => {
      const url = `/?user_key=%E4%B8%AD${String(index).padStart(8, '0')}${'k'.repeat(4000)}`
      const decision = await gateway.evaluate({ method: 'GET', url, header: () => undefined })
      expect(decision).toMatchObject({ code: 'user_key_invalid', reason: 'user key "***" is invalid' })
    }
    for (let index = 0; index < 50; index++) await ask(index)
    const before = heapUsed()
    for (let index = 50; index < KEYS; index++) await ask(index)
    expect((heapUsed() - before) / KEYS).toBeLessThan(1024)
    await gateway.close()
  })
})

it('law 5: a remembered denial repeats 3scale’s sentence without what it quoted', async () => {
  const world = createWorld({
    state: stateOf({ version: '2', applications: [{ id: 'a1', plan: 'p1', application_keys: ['good'] }] }),
  })
  const wrong = { appId: 'a1', appKey: 's3cr3t'.repeat(100) }
  for (let time = 0; time < 2; time++) {
    expect(await world.ask(wrong)).toMatchObject({ reason: 'application key "***" is invalid' })
  }
  expect(world.calls).toHaveLength(1)
})
