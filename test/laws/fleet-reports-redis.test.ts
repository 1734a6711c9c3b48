/** Gateways that share a real Redis, one of which reports for all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectedRedis, connectRedis } from '../../packages/redis/test/support/connected-redis.ts'
import { HAS_REDIS, SKIPPED } from '../../packages/redis/test/support/redis-server.ts'
import { ReportingFleet } from '../support/reporting-fleet.ts'
import { stateOf } from '../support/world.ts'

const STATE = stateOf({
  applications: [1, 2, 3].map((n) => ({ id: `a${n}`, plan: 'p1', user_keys: [`k${n}`] })),
  limits: [{ metric: 'hits', period: 'day', value: 1000 }],
})

describe.skipIf(!HAS_REDIS)(`law 15: three gateways that share a Redis${SKIPPED}`, () => {
  let server: ConnectedRedis
  let fleets = 0

  beforeAll(async () => {
    server = await connectRedis()
  })
  afterAll(() => server?.stop())

  /** Each asked five times about each of three applications. */
  async function used(): Promise<ReportingFleet> {
    fleets += 1
    const world = new ReportingFleet({
      state: STATE,
      prefix: `fleet-${fleets}:`,
      // Scripts take the time as an argument: the clock of the test instead of the server's.
      connect: (clock) => (command) =>
        server.send(command[0]!.startsWith('EVAL') ? command.with(4, String(Math.floor(clock.now()))) : command),
    })
    for (const key of ['k1', 'k2', 'k3']) await world.ask(5, key)
    return world
  }

  it('have all that they admitted counted once', async () => {
    const world = await used()
    await world.pass(15_000)
    expect(world.counted()).toEqual({ hits: 45 })
    expect(world.sums()).toMatchObject({ admitted: 45, acknowledged: 45, shared: 0 })
  })

  it('halve what 3scale refuses as a whole, and report again what it does not take', async () => {
    const world = await used()
    let times = 0
    world.onReport((pass, body) => {
      times += 1
      const status = body.includes('transactions[1]') ? 413 : 503
      return times < 4 ? { status, headers: {}, body: Buffer.alloc(0) } : pass()
    })
    await world.live(60_000)
    await world.pass(15_000)
    expect(times).toBeGreaterThan(4)
    expect([world.counted(), world.lost]).toEqual([world.admitted, {}])
  })

  it('report what the one had taken that died', async () => {
    const world = await used()
    world.onCommand = (command, by) => {
      if (command !== 'take') return
      world.onCommand = () => {}
      world.kill(by)
    }
    await world.live(60_000)
    await world.pass(15_000)
    expect([world.counted(), world.lost]).toEqual([world.admitted, {}])
  })

  it('report all that waits when one closes', async () => {
    const world = await used()
    expect(await world.during(1000, world.fleet.gateways[0]!.close())).toEqual({ undelivered: {} })
    expect(world.counted()).toEqual({ hits: 45 })
  })
})
