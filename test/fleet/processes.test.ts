import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HAS_REDIS, SKIPPED } from '../../packages/redis/test/support/redis-server.ts'
import { FleetCallers, type Seen } from './fleet-callers.ts'
import { type RunningFleet, startFleet } from './running-fleet.ts'

const LIMIT = 1000
const ROUNDS = Number(process.env.FLEET_ROUNDS ?? 1)

describe.skipIf(!HAS_REDIS).each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  `four processes on one Redis, round %i${SKIPPED}`,
  () => {
    let fleet: RunningFleet
    let callers: FleetCallers
    let killed: Seen
    beforeAll(async () => {
      fleet = await startFleet({
        limited: LIMIT,
        killed: LIMIT,
        asked: undefined,
        roomy: 1_000_000,
        unlimited: undefined,
      })
      callers = new FleetCallers(fleet.servers.map(({ url }) => url))
    }, 120_000)
    afterAll(async () => {
      await callers?.close()
      await fleet?.stop()
    }, 120_000)

    it('law 15: serve exactly 1,000 of 10,000 requests at a limit of 1,000', async () => {
      const { served, denied, servedBy } = await callers.send('limited', 10 * LIMIT)
      expect({ served, denied }).toEqual({ served: LIMIT, denied: 9 * LIMIT })
      expect(servedBy.size).toBe(4)
    }, 120_000)

    it('law 15: hold a limit when one is killed, which loses at most what it was asked then', async () => {
      const { servers } = fleet
      callers.urls = [servers[0]!.url]
      const [victim] = (await callers.send('asked', 40)).servedBy
      callers.urls = servers.map(({ url }) => url)
      killed = await callers.send('killed', 2 * LIMIT, (answers) => {
        if (answers === LIMIT / 2) process.kill(victim!, 'SIGKILL')
      })
      expect(killed.served).toBeLessThanOrEqual(LIMIT)
      expect(killed.served).toBeGreaterThanOrEqual(LIMIT - killed.broken)
    }, 120_000)

    it('law 16: lose nothing in a rolling restart: 3scale counts every request that got its 200', async () => {
      const [cluster, alone, other] = fleet.servers
      let replaced: Promise<void> | undefined
      const replace = async () => {
        cluster!.signal('SIGHUP')
        const { url } = await fleet.start(1)
        callers.urls = [cluster!.url, other!.url, url]
        alone!.signal('SIGTERM')
        await alone!.ended
      }
      const [roomy, unlimited] = await Promise.all([
        callers.send('roomy', LIMIT, (answers) => {
          if (answers === LIMIT / 4) replaced = replace()
        }),
        callers.send('unlimited', LIMIT),
      ])
      await replaced
      await fleet.stopServers()
      expect(fleet.counted('limited')).toBe(LIMIT)
      for (const [application, { served, broken }] of Object.entries({ killed, roomy, unlimited })) {
        expect(served).toBeGreaterThan(LIMIT / 4)
        expect(fleet.counted(application)).toBeGreaterThanOrEqual(served)
        expect(fleet.counted(application)).toBeLessThanOrEqual(served + broken)
      }
    }, 120_000)
  },
)
