/** What callers get while a real server is in trouble, by policy, and that everything is counted once in the end. */
import type { GatewayOptions } from '@threescale/core'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { callOf } from '../../../../test/support/fleet.ts'
import { ReportingFleet } from '../../../../test/support/reporting-fleet.ts'
import { stateOf } from '../../../../test/support/world.ts'
import { HAS_REDIS, type RedisServer, SKIPPED, startRedis } from '../support/redis-server.ts'
import { openProcess, type StoreProcess } from '../support/store-process.ts'

const LIMIT = 12
const PROCESSES = 2
/** What a process thinks to be left after it was granted a quarter: the other one's is not told. */
const LEFT = LIMIT - LIMIT / 2 / PROCESSES
const UNAVAILABLE = { status: 503, headers: {}, body: Buffer.alloc(0) }
const STATE = stateOf({
  metrics: [{ name: 'hits' }, { name: 'free' }],
  applications: [1, 2].map((n) => ({ id: `a${n}`, plan: 'p1', user_keys: [`k${n}`] })),
  limits: [{ metric: 'hits', period: 'day', value: LIMIT }],
})
const RULES = [
  { method: 'GET', pattern: '/free', metric: 'free', last: true },
  { method: 'GET', pattern: '/', metric: 'hits' },
] as const
const POLICIES = ['deny', 'last-known', 'allow'] as const

type Policy = (typeof POLICIES)[number]

describe.skipIf(!HAS_REDIS)(`law 15: a server in trouble${SKIPPED}`, () => {
  let server: RedisServer
  let admin: Redis
  let client: Redis
  let fleets = 0

  beforeAll(async () => {
    server = await startRedis()
    admin = new Redis({ port: server.port, retryStrategy: () => 20 })
    client = new Redis({ port: server.port, retryStrategy: () => 20, enableOfflineQueue: false, lazyConnect: true })
    for (const one of [admin, client]) one.on('error', () => {})
    await client.connect()
  })
  afterAll(async () => {
    for (const one of [admin, client]) one?.disconnect()
    await server?.stop()
  })

  function createWorld(onUnavailable: Policy, options: Partial<GatewayOptions> = {}): ReportingFleet {
    fleets += 1
    return new ReportingFleet({
      state: STATE,
      processes: PROCESSES,
      prefix: `fleet-${fleets}:`,
      options: { onUnavailable, mappingRules: [...RULES], ...options },
      // Scripts take the time as an argument: the clock of the test instead of the server's.
      connect:
        (clock) =>
        ([name, ...args]) =>
          client.call(name!, ...(name!.startsWith('EVAL') ? args.with(3, String(Math.floor(clock.now()))) : args)),
    })
  }

  const stores = ({ fleet }: ReportingFleet) => fleet.gateways.map((gateway) => gateway.stats().store)

  /** All usage is at 3scale once, and none was told as lost. `late`: grants that came too late and may be reported. */
  async function expectAllCounted(world: ReportingFleet, late = 0): Promise<void> {
    await world.live(60_000)
    await world.pass(15_000)
    const { hits, ...others } = world.counted()
    expect([others, world.lost]).toEqual([{ ...world.admitted, hits: undefined }, {}])
    expect(hits).toBeGreaterThanOrEqual(world.admitted.hits!)
    expect(hits).toBeLessThanOrEqual(world.admitted.hits! + late)
  }

  interface Trouble {
    readonly title: string
    /** Whether commands get no answer at all. */
    readonly stalls?: boolean
    begin(): unknown
    end(): unknown
  }

  const TROUBLES: readonly Trouble[] = [
    {
      title: 'became a replica (READONLY)',
      begin: () => admin.call('REPLICAOF', '127.0.0.1', '1'),
      end: () => admin.call('REPLICAOF', 'NO', 'ONE'),
    },
    {
      title: 'is out of memory (OOM)',
      begin: () => admin.call('CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction'),
      end: () => admin.call('CONFIG', 'SET', 'maxmemory', '0'),
    },
    {
      title: 'is stopped, and executes later what was sent',
      stalls: true,
      begin: () => server.signal('SIGSTOP'),
      end: async () => {
        server.signal('SIGCONT')
        await admin.ping()
      },
    },
  ]

  describe.each(TROUBLES)('that $title', ({ begin, end, stalls = false }) => {
    it.each([
      ['deny', true, 0],
      ['deny', false, 0],
      ['last-known', true, Math.floor(LEFT / PROCESSES)],
      ['last-known', false, Math.floor(LEFT / PROCESSES)],
      ['allow', true, LEFT],
      ['allow', false, LEFT],
    ] as const)('with %s and 3scale answering: %s, each process admits %i', async (policy, answers, each) => {
      const world = createWorld(policy)
      expect(await world.ask(LIMIT / 2 / PROCESSES)).toBe(LIMIT / 2)
      expect(await world.ask(2, 'k1', '/free')).toBe(2 * PROCESSES)
      // Each has heard of the other.
      await world.pass(2000)
      expect(stores(world)).toMatchObject(Array(PROCESSES).fill({ state: 'shared', processes: PROCESSES }))
      onTestFinished(async () => void (await end()))
      await begin()
      world.stalls = stalls
      if (!answers) world.fleet.fault = () => UNAVAILABLE
      let admitted = await world.ask(LIMIT)
      await world.pass(6000)
      admitted += await world.ask(LIMIT)
      expect(admitted).toBe(PROCESSES * each)
      for (const store of stores(world)) expect(store).toMatchObject({ state: 'failing', since: expect.any(Number) })
      // What has no limit goes on; callers that nobody has proved do not.
      expect(await world.ask(1, 'k1', '/free')).toBe(PROCESSES)
      if (policy === 'deny' || (policy !== 'allow' && !answers)) expect(await world.ask(1, 'k2')).toBe(0)
      await end()
      world.stalls = false
      world.fleet.fault = undefined
      await world.pass(8000)
      expect(new Set(stores(world).map((store) => store?.state))).toEqual(new Set(['shared']))
      const after = await world.ask(LIMIT)
      expect(after).toBe(Math.max(0, LIMIT / 2 - admitted))
      // What it executes late is given back, unless a report has taken it already.
      await expectAllCounted(world, stalls ? LIMIT / 2 : 0)
    })
  })

  it.each(POLICIES)('lets no unknown caller wait for an answer that does not come (%s)', async (policy) => {
    const world = createWorld(policy)
    expect(await world.ask(1)).toBe(PROCESSES)
    world.fleet.fault = () => UNAVAILABLE
    await world.pass(61_000)
    const { clock, gateways } = world.fleet
    const began = clock.elapsed()
    let decided = false
    const all = Promise.all(gateways.map((gateway) => gateway.evaluate(callOf('k2')))).finally(() => {
      decided = true
    })
    while (!decided) await world.pass(10)
    // One asks 3scale, and the other one when it looks again.
    expect(clock.elapsed() - began).toBeLessThanOrEqual(100)
    expect(new Set((await all).map(({ outcome }) => outcome))).toEqual(new Set([policy === 'allow' ? 'allow' : 'deny']))
  })

  /** A process whose user has these rights. */
  async function processWith(service: string, ...rights: string[]): Promise<StoreProcess> {
    await admin.call('ACL', 'SETUSER', service, 'reset', 'on', '>password', ...rights)
    const restricted = new Redis({
      port: server.port,
      username: service,
      password: 'password',
      enableReadyCheck: false,
    })
    onTestFinished(() => restricted.disconnect())
    const process = openProcess(([name, ...args]) => restricted.call(name!, ...args), { service })
    onTestFinished(() => process.end())
    return process
  }

  it.each(['hset', 'zscore'])('that does not let its user run %s counts nothing, and says so', async (command) => {
    const process = await processWith(command, '~*', '+@all', `-${command}`)
    void process.ask('app')
    await expect.poll(() => process.messages, { timeout: 4000 }).toMatchObject([{ event: 'failing', code: 'NOPERM' }])
    expect(await admin.keys(`{3s1:${command}:0}*`)).toEqual([])
  })

  it('that gives its user only the rights that docs/fleet.md names decides all the same', async () => {
    const process = await processWith('few', '~{3s1:*', '+@read', '+@write', '+@scripting', '+time')
    expect(await process.ask('app')).toMatchObject({ kind: 'yes' })
    expect((await process.store.take())?.rows).toMatchObject([{ application: 'app', amount: 1 }])
    process.store.callers.denied('caller', { code: 'some', reason: '', askedAt: process.store.time() })
    expect(await process.store.callers.find('caller')).toMatchObject({ caller: { denial: { code: 'some' } } })
  })

  it('that no process uses any more forgets everything', async () => {
    const world = createWorld('deny')
    await world.ask(1)
    await world.ask(1, 'k1', '/free')
    await world.ask(1, 'no key')
    // One report was acknowledged, and the next one is under way when its process dies.
    await world.pass(11_000)
    await world.ask(1, 'k1', '/free')
    world.onCommand = (command, by) => void (command === 'take' && world.kill(by))
    await world.pass(11_000)
    const keys = await admin.keys(`*fleet-${fleets}:*`)
    expect(keys.map((key) => key.replace(/^.*}:(\w+).*$/, '$1'))).toEqual(
      expect.arrayContaining(['s', 'beat', 'ack', 'bs', 'b', 'm', 'a', 'l', 'i']),
    )
    // -1: it stays. One that is gone meanwhile has -2.
    const staying = await Promise.all(keys.map(async (key) => ((await admin.pttl(key)) === -1 ? [key] : [])))
    expect(staying.flat()).toEqual([])
  })

  it.each(POLICIES)('that forgot its scripts is told them again, and no request notices (%s)', async (policy) => {
    const world = createWorld(policy)
    expect(await world.ask(2)).toBe(2 * PROCESSES)
    await admin.call('SCRIPT', 'FLUSH')
    expect(await world.ask(LIMIT)).toBe(LIMIT - 2 * PROCESSES)
    await admin.call('SCRIPT', 'FLUSH')
    await expectAllCounted(world)
  })

  it.each(POLICIES)(
    'that is restarted empty lets no more pass than what 3scale had not counted yet (%s)',
    async (policy) => {
      const world = createWorld(policy)
      expect(await world.ask(LIMIT / 2 / PROCESSES)).toBe(LIMIT / 2)
      await server.kill()
      world.stalls = true
      await world.pass(1500)
      server = await startRedis([], server.port)
      await eventually(() => client.status === 'ready', 'the client has connected again')
      world.stalls = false
      await world.pass(8000)
      // What was not reported is booked again, so even here no limit is exceeded.
      expect(await world.ask(LIMIT)).toBe(LIMIT / 2)
      expect(await world.ask(LIMIT)).toBe(0)
      expect(new Set(stores(world).map((store) => store?.state))).toEqual(new Set(['shared']))
      await expectAllCounted(world)
    },
  )
})
