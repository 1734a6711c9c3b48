import type { EmulatorState } from '@threescale/emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HAS_REDIS, SKIPPED, startRedis } from '../../packages/redis/test/support/redis-server.ts'
import { startExample } from './running-example.ts'

const LIMIT = 5

describe.skipIf(!HAS_REDIS)(`the cluster example${SKIPPED}`, () => {
  it('law 15: keeps a limit over all its processes', async () => {
    const redis = await startRedis()
    onTestFinished(redis.stop)
    const state: EmulatorState = {
      services: [
        {
          id: '7',
          backend_version: '1',
          service_tokens: ['demo-token'],
          metrics: [{ id: '1', name: 'hits' }],
          plans: [{ id: 'five', name: 'Five', limits: [{ metric: 'hits', period: 'eternity', value: LIMIT }] }],
          applications: [{ id: 'app', plan: 'five', user_keys: ['key'] }],
        },
      ],
    }
    const env = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, WORKERS: '2' }
    const { url, stop } = await startExample('cluster', '7', env, state)
    // A connection each, because the primary deals connections out.
    const headers = { connection: 'close' }
    const answers = await Promise.all(
      Array.from({ length: 4 * LIMIT }, () => fetch(`${url}/words/hello?user_key=key`, { headers })),
    )
    const served = answers.filter(({ status }) => status === 200)
    expect(served).toHaveLength(LIMIT)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3 * LIMIT)
    const store = (await (await fetch(`${url}/health`, { headers })).json()) as { state: string }
    expect(store.state).toBe('shared')
    await stop()
  })
})
