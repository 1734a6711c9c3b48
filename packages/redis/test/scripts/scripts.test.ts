import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildScripts, type Scripts } from '../../src/scripts/scripts.ts'
import { modelKeySpace, redisKeySpace } from '../support/key-space.ts'
import { TEST_SETTINGS } from '../support/model/model-state.ts'
import { StoreModel } from '../support/model/store-model.ts'
import { createRandom } from '../support/random.ts'
import { RandomCommands } from '../support/random-commands.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'

const PREFIX = '{3s1:1:0}'
const RUNS = Number(process.env.SCRIPT_RUNS ?? 12)

describe.skipIf(!HAS_REDIS)(`the scripts on a real server${SKIPPED}`, () => {
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

  it('law 8: what is put back adds to what came meanwhile', async () => {
    await redis.flushall()
    const scripts = buildScripts(TEST_SETTINGS)
    const minute = Date.UTC(2026, 0, 15, 10, 20)
    const run = (script: keyof Scripts, ...args: unknown[]) =>
      redis.eval(scripts[script], 1, PREFIX, minute + 1000, ...args.map(String))
    let seq = 0
    const ask = () =>
      run('sync', 'p', ++seq, 0, 0, 'a', 1, 'v1', 0, 1, `+${minute}|hits`, 1, 0, 1, 1, 1, 'app') as Promise<number[]>
    await run('apply', 'app', minute, 'v1', 'text', '', 0)
    for (let i = 0; i < 3; i++) expect((await ask())[6]).toBe(1)
    expect(await run('take', 'p:1')).toEqual([0, '', 'app', `${minute}|hits`, '3', 'app', 'p', String(minute)])
    for (let i = 0; i < 4; i++) await ask()
    await run('settle', 'p:1', 'back', '')
    for (let i = 0; i < 5; i++) await ask()
    expect(await run('take', 'p:2')).toContain('12')
  })

  it.each([
    ['', TEST_SETTINGS],
    [', telling all counts', { ...TEST_SETTINGS, TELL: true }],
    [
      ', with small batches and records',
      { ...TEST_SETTINGS, NUMBERS: 4, ROWS: 2, APPLICATIONS: 2, MOST: 4, INTERVAL: 500, FLIGHT: 4000 },
    ],
  ])('answer random commands as the model does, and leave the same keys%s', async (_, settings) => {
    const scripts = buildScripts(settings)
    for (let run = 0; run < RUNS; run++) {
      await redis.flushall()
      const seed = run * 7919 + 1
      const commands = new RandomCommands(createRandom(seed))
      const model = new StoreModel(settings)
      for (let step = 0; step < 60; step++) {
        const { script, t, args } = commands.next()
        const answer = await redis.eval(scripts[script as keyof Scripts], 1, PREFIX, t, ...args)
        if (script === 'sync') model.runId = args[4]!
        const expected = model.exec(script, t, args)
        const where = `seed ${seed}, step ${step}: ${script} ${args.join(' ')}`
        expect(textsOf(script, answer), where).toEqual(textsOf(script, expected))
        if (step % 10 === 9) expect(await redisKeySpace(redis, PREFIX), where).toEqual(modelKeySpace(model.state))
      }
      // -2: there is none. What has no application's hash any more would stay.
      for (const key of ['r', 'n']) expect(await redis.pttl(`${PREFIX}:${key}`), key).not.toBe(-1)
    }
  })

  it('law 10: a list of names that the server has evicted takes its records with it, and nothing fails', async () => {
    const { sync, take } = buildScripts(TEST_SETTINGS)
    await redis.flushall()
    const t = Date.parse('2026-01-15T10:20:00Z')
    const run = (script: string, ...args: unknown[]) => redis.eval(script, 1, PREFIX, t, ...args.map(String))
    await redis.hset(`${PREFIX}:a:app`, 'v', 'v1', 'p', t)
    let seq = 0
    const ask = () => run(sync, 'p', ++seq, 0, 1, 'a', 1, 'v1', 0, 1, `+${t}|hits`, 1, 0, 1, 1, 1, 'app')
    for (let i = 0; i < 3; i++) await ask()
    expect(await redis.del(`${PREFIX}:n`)).toBe(1)
    expect(((await ask()) as number[])[6]).toBe(1)
    expect(await run(take, 'p:1')).toContain('2')
    for (let i = 0; i < 3; i++) await ask()
    expect(await redis.del(`${PREFIX}:n`)).toBe(1)
    expect(await run(take, 'p:2')).toContain('1')
  })

  it('law 9: usage larger than any number of 3scale is reported in parts, and takes no other with it', async () => {
    const { sync, take, settle } = buildScripts(TEST_SETTINGS)
    await redis.flushall()
    const t = Date.parse('2026-01-15T10:20:00Z')
    const run = (script: string, ...args: unknown[]) => redis.eval(script, 1, PREFIX, t, ...args.map(String))
    const most = Number.MAX_SAFE_INTEGER
    const shapes = ['', 0, 1, `+${t}|hits`, most, '', 0, 1, `+${t}|hits`, 1]
    await run(sync, 'p', 1, 0, 1, 'a', 2, ...shapes, 2, 1, 2000, 1, 'large', 2, 7, 1, 'small')
    const rows = ['large', `${t}|hits`, String(most), 'small', `${t}|hits`, '7']
    expect(await run(take, 'p:1')).toEqual([0, '', ...rows])
    expect(await run(settle, 'p:1', 'back', '')).toBe('ok')
    expect(await run(take, 'p:2')).toEqual([0, '', ...rows])
    expect(await run(take, 'p:3')).toEqual([0, '', ...rows.slice(0, 3)])
    expect(Number(await redis.hget(`${PREFIX}:a:large`, `+${t}|hits`))).toBe(1998 * most)
  })
})

/** Numbers as texts. Rows are in the order of a hash, so they are sorted. */
function textsOf(script: string, answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer
  const texts = answer.map(String)
  if (script !== 'take') return texts
  const rows = Array.from({ length: (texts.length - 2) / 3 }, (_, i) => texts.slice(2 + 3 * i, 5 + 3 * i).join(' '))
  return [texts[0], texts[1], ...rows.sort()]
}
