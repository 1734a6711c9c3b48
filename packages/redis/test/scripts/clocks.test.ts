import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildScripts } from '../../src/scripts/scripts.ts'
import { TEST_SETTINGS } from '../support/model/model-state.ts'
import { StoreModel } from '../support/model/store-model.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'

const MINUTE = Date.parse('2026-01-15T10:20:00Z')
const NEXT = MINUTE + 60_000

describe.skipIf(!HAS_REDIS)(`servers with other clocks${SKIPPED}`, () => {
  const scripts = buildScripts(TEST_SETTINGS)
  let server: RedisServer
  let redis: Redis
  let model: StoreModel

  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis({ port: server.port })
  })
  beforeEach(async () => {
    await redis.flushall()
    model = new StoreModel()
  })
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })

  /** Runs a script on both, which have to agree. */
  async function run(script: 'sync' | 'apply', t: number, args: readonly unknown[]): Promise<unknown[]> {
    const texts = args.map(String)
    if (script === 'sync') model.runId = texts[4]!
    const answer = await redis.eval(scripts[script], 1, '{3s1:1:0}', t, ...texts)
    const expected = model.exec(script, t, texts)
    expect([answer].flat().map(String)).toEqual([expected].flat().map(String))
    return [answer].flat()
  }

  const shape = (cells: readonly unknown[]) => ['v1', cells.length / 4, ...cells, 1, `+${MINUTE}|hits`, 1]
  const cell = [`minute/hits|${NEXT}`, NEXT, 1, 10]
  const ask = (process: string, seq: number, acked: number, run_: string) =>
    [process, seq, acked, 1, run_, 1, ...shape(cell), 0, 1, 1, 1, 'app'] as const
  const refresh = (asked: number) =>
    ['app', asked, 'v1', 'text', 'v1', 1, 'minute/hits', MINUTE, NEXT, 9, 1, 'hits'] as const

  it('law 15: a window that was over stays over when a slower clock takes over', async () => {
    await run('apply', MINUTE + 1000, refresh(MINUTE + 900))
    // This clock is fast: the answer of 3scale is still about the minute that it has left behind.
    await run('apply', NEXT + 500, refresh(MINUTE + 59_000))
    const [time, , , , , , taken] = await run('sync', NEXT - 4000, ask('new', 1, 0, 'b'))
    expect(taken).toBe(-3)
    expect(time).toBe(NEXT)
  })

  it('law 15: a process that could not speak to one server is waited for by the next', async () => {
    await run('apply', MINUTE + 1000, refresh(MINUTE + 900))
    await run('sync', MINUTE + 2000, ask('p1', 1, 0, 'a'))
    await run('sync', MINUTE + 2000, ask('p2', 1, 0, 'a'))
    const [, , epoch] = await run('sync', MINUTE + 12_000, ask('p1', 2, 0, 'b'))
    // Both servers took over within a moment; the first one's clock was ten seconds ahead.
    const [, , next] = await run('sync', MINUTE + 12_050, ask('p1', 3, epoch as number, 'c'))
    const answer = await run('sync', MINUTE + 14_000, ask('p1', 4, next as number, 'c'))
    expect(answer[6]).toBe(-3)
  })
})
