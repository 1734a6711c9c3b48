import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisKeySpace } from '../support/key-space.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'
import { openProcess, type StoreProcess } from '../support/store-process.ts'

const CALLER = 'user key 9f8e7d6c5b4a'
const KEY = 'application key 1a2b3c4d5e6f'

describe.skipIf(!HAS_REDIS)(`callers that processes share${SKIPPED}`, () => {
  let server: RedisServer
  let redis: Redis
  const opened: StoreProcess[] = []

  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis({ port: server.port })
  })
  afterAll(async () => {
    for (const process of opened) process.end()
    redis?.disconnect()
    await server?.stop()
  })

  const open = (service: string, staleMs?: number) => {
    const send = ([name, ...args]: string[]) => redis.call(name!, ...args)
    const process = openProcess(send, { service, staleMs })
    opened.push(process)
    return process
  }

  it('one process asks about an unknown caller, and the others wait for its answer', async () => {
    const [one, two, three] = [open('a'), open('a'), open('a')]
    expect(await one.store.callers.find(CALLER)).toEqual({ caller: undefined, ask: true })
    const others = Promise.all([two, three].map(({ store }) => store.callers.find(CALLER)))
    const askedAt = one.store.time()
    one.store.callers.accepted(CALLER, { application: 'app', key: undefined, askedAt })
    const caller = { application: 'app', denial: undefined, askedAt }
    expect(await others).toEqual([
      { caller, ask: false },
      { caller, ask: false },
    ])
  })

  it('if 3scale gives no answer, the next one asks', async () => {
    const [one, two, three] = [open('h'), open('h'), open('h')]
    expect(await one.store.callers.find(CALLER)).toEqual({ caller: undefined, ask: true })
    const others = [two, three].map(({ store }) => store.callers.find(CALLER))
    one.store.callers.unanswered(CALLER)
    expect(await Promise.race(others)).toEqual({ caller: undefined, ask: true })
    // The other one waits for that.
    expect(await redis.keys('{3s1:h:0}:q:*')).toHaveLength(1)
    for (const { store } of [two, three]) store.callers.unanswered(CALLER)
    expect(await Promise.all(others)).toEqual(Array(2).fill({ caller: undefined, ask: true }))
  })

  it('a caller that was asked about too long ago is asked about by one, and known to the others', async () => {
    const [one, two] = [open('b'), open('b')]
    const askedAt = one.store.time() - 20_000
    one.store.callers.accepted(CALLER, { application: 'app', key: undefined, askedAt })
    const caller = { application: 'app', denial: undefined, askedAt }
    expect(await one.store.callers.find(CALLER)).toEqual({ caller, ask: true })
    expect(await two.store.callers.find(CALLER)).toEqual({ caller, ask: false })
  })

  it('a denial is shared', async () => {
    const [one, two] = [open('c'), open('c')]
    const denial = { code: 'user_key_invalid', reason: 'user key "***" is invalid' }
    const askedAt = one.store.time()
    one.store.callers.denied(CALLER, { ...denial, askedAt })
    expect(await two.store.callers.find(CALLER)).toEqual({
      caller: { application: undefined, denial, askedAt },
      ask: false,
    })
  })

  it('a refresh renews the callers whose key is listed, and forgets those with other keys', async () => {
    const process = open('d')
    const { callers } = process.store
    const askedAt = process.store.time() - 20_000
    callers.accepted('kept', { application: 'app', key: KEY, askedAt })
    callers.accepted('removed', { application: 'app', key: 'another key', askedAt })
    callers.accepted('by no key', { application: 'app', key: undefined, askedAt })
    const now = process.store.time()
    callers.keep('app', [KEY], now)
    await expect.poll(() => callers.find('kept')).toMatchObject({ caller: { application: 'app', askedAt: now } })
    await expect.poll(() => redis.hlen('{3s1:d:0}:k:app')).toBe(1)
    expect(await callers.find('removed')).toEqual({ caller: undefined, ask: true })
    expect(await callers.find('by no key')).toMatchObject({ caller: { askedAt } })
  })

  it('law 10: no more than 512 spellings of good keys are renewed', async () => {
    const one = open('spellings')
    const askedAt = one.store.time()
    for (let n = 0; n < 600; n++)
      one.store.callers.accepted(`${CALLER} ${n}`, { application: 'app', key: KEY, askedAt })
    await expect.poll(() => redis.hlen('{3s1:spellings:0}:k:app')).toBe(600)
    one.store.callers.keep('app', [KEY], askedAt + 1000)
    await expect.poll(() => redis.hlen('{3s1:spellings:0}:k:app')).toBe(512)
    expect(await redis.keys('{3s1:spellings:0}:i:*')).toHaveLength(600)
  })

  it('the default services of two providers are two services', async () => {
    for (const secret of ['one', 'another']) {
      const process = openProcess(([name, ...args]) => redis.call(name!, ...args), { service: undefined, secret })
      opened.push(process)
      await process.ask('app')
    }
    expect(await redis.keys('{3s1:~*:0}:a:app')).toHaveLength(2)
  })

  it('without Redis each process asks', async () => {
    const { store } = openProcess(() => Promise.reject(new Error('connect ECONNREFUSED')), { service: 'e' })
    expect(await store.callers.find(CALLER)).toEqual({ caller: undefined, ask: true })
    store.callers.accepted(CALLER, { application: 'app', key: KEY, askedAt: 0 })
    store.callers.keep('app', [], 0)
  })

  it('law 5: neither a credential nor our own token is in Redis, nor a hash that another fleet could make', async () => {
    await redis.flushall()
    const process = open('f')
    const askedAt = process.store.time()
    await process.ask('app')
    process.store.callers.accepted(CALLER, { application: 'app', key: KEY, askedAt })
    process.store.callers.denied('no caller at all', { code: 'user_key_invalid', reason: '***', askedAt })
    await expect.poll(() => redis.exists('{3s1:f:0}:k:app')).toBe(1)
    const stored = JSON.stringify(await redisKeySpace(redis, '{3s1:f:0}'))
    expect(stored).toContain('k:app')
    for (const secret of [CALLER, KEY, 'no caller at all', 'a service token']) expect(stored).not.toContain(secret)
  })

  it('law 6: a key vouches only for its own application', async () => {
    const { callers } = open('g').store
    callers.accepted('of one', { application: 'one', key: KEY, askedAt: 0 })
    callers.accepted('of two', { application: 'two', key: KEY, askedAt: 0 })
    await expect.poll(() => redis.exists('{3s1:g:0}:k:one', '{3s1:g:0}:k:two')).toBe(2)
    const [one, two] = [await redis.hvals('{3s1:g:0}:k:one'), await redis.hvals('{3s1:g:0}:k:two')]
    expect(one).not.toEqual(two)
  })
})
