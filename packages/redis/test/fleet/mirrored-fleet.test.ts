import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildScripts, type Scripts } from '../../src/scripts/scripts.ts'
import type { FleetOptions } from '../support/fleet/fleet-options.ts'
import { runFleet } from '../support/fleet/run-fleet.ts'
import type { Mirror } from '../support/fleet/server.ts'
import { TEST_SETTINGS } from '../support/model/model-state.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'

const SEEDS = Number(process.env.FLEET_SEEDS ?? 1)
const FROM = Number(process.env.FLEET_FROM ?? 1)
const STEPS = Number(process.env.FLEET_STEPS ?? 1500)

describe.skipIf(!HAS_REDIS)(`a fleet on a real server${SKIPPED}`, () => {
  const scripts = buildScripts(TEST_SETTINGS)
  let server: RedisServer
  let redis: Redis

  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis({ port: server.port })
  })
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })

  const mirror: Mirror = {
    exec: (script, t, args) => redis.eval(scripts[script as keyof Scripts], 1, '{3s1:1:0}', t, ...args),
    copy: async () => {
      const keys = await redis.keys('*')
      return await Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const))
    },
    restore: async (copy) => {
      await redis.flushall()
      for (const [key, value] of (copy ?? []) as [string, Buffer][]) await redis.restore(key, 0, value)
    },
  }

  it.each<[string, Omit<FleetOptions, 'seed' | 'steps'>]>([
    ['commands are lost, processes killed, and servers fail over', { faults: true, kills: true, failovers: true }],
    ['limits change and a server is emptied', { faults: true, changes: true, empties: true }],
  ])(
    'law 15: the Lua answers as the model does when %s',
    async (_, options) => {
      for (let seed = FROM; seed < FROM + SEEDS; seed++) {
        await redis.flushall()
        const { difference, commands } = await runFleet({ ...options, seed, steps: STEPS }, mirror)
        expect(difference).toBeUndefined()
        expect(commands).toBeGreaterThan(100)
      }
    },
    600_000,
  )
})
