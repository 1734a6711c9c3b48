import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { SendCommand } from '../../src/wire/send-command.ts'
import { numbersOf } from '../support/key-space.ts'
import { HAS_REDIS, SKIPPED, startRedis } from '../support/redis-server.ts'
import { HITS, openProcess } from '../support/store-process.ts'

const LIMIT = 25

const sendTo =
  (redis: Redis): SendCommand =>
  ([name, ...args]) =>
    redis.call(name, ...args)

describe.skipIf(!HAS_REDIS)(`a replica that takes over${SKIPPED}`, () => {
  it('law 15: lacks the last grants, and is told them again before it grants more', async () => {
    const master = await startRedis(['--repl-diskless-sync-delay', '0'])
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)])
    const old = new Redis({ port: master.port, maxRetriesPerRequest: 0, retryStrategy: null })
    const next = new Redis({ port: replica.port })
    let current = old
    // What a client does that Sentinel tells of the new master.
    const process = openProcess(([name, ...args]) => current.call(name!, ...args), { service: '1', limit: LIMIT })
    const yes = async (n: number) => {
      const asked = await Promise.all(Array.from({ length: n }, () => process.ask('app')))
      return asked.filter(({ kind }) => kind === 'yes').length
    }
    try {
      await expect.poll(() => next.info('replication'), { timeout: 5000 }).toContain('master_link_status:up')
      expect(await yes(10)).toBe(10)
      // All that replicates from here on is lost.
      expect(await old.call('WAIT', '1', '1000')).toBe(1)
      await next.replicaof('NO', 'ONE')
      expect(await yes(8)).toBe(8)
      await master.kill()
      current = next
      let more = 0
      // Until the fleet has told the new server what it lacks, requests wait.
      while (process.messages.length === 0 || more < LIMIT - 18) more += await yes(LIMIT)
      expect(more).toBe(LIMIT - 18)
      expect(process.messages).toContainEqual(expect.objectContaining({ event: 'recovered', usage: { hits: 8 } }))
      expect(await numbersOf(sendTo(next), '{3s1:1:0}', 'app')).toMatchObject({
        'eternity/hits|8640000000000000': String(LIMIT),
      })
    } finally {
      process.end()
      old.disconnect()
      next.disconnect()
      await master.stop()
      await replica.stop()
    }
  })

  it('a server that begins anew is told of usage that nobody has reported', async () => {
    const server = await startRedis()
    const first = new Redis({ port: server.port, retryStrategy: () => 20 })
    first.on('error', () => {})
    const process = openProcess(([name, ...args]) => first.call(name!, ...args), { service: '1' })
    try {
      expect(await process.ask('free')).toMatchObject({ kind: 'yes' })
      for (let i = 0; i < 4; i++) await process.ask('free')
      process.store.book(process.application('free'), HITS)
      await expect.poll(() => process.store.unbooked().owed.length).toBe(0)
      await server.kill()
      const again = await startRedis([], server.port)
      try {
        await expect.poll(() => process.messages.map(({ event }) => event), { timeout: 8000 }).toContain('emptied')
        const numbers = async () => Object.values(await numbersOf(sendTo(first), '{3s1:1:0}', 'free'))
        await expect.poll(numbers, { timeout: 4000 }).toContain('6')
      } finally {
        process.end()
        first.disconnect()
        await again.stop()
      }
    } finally {
      await server.stop()
    }
  })
})
