import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HAS_REDIS, SKIPPED } from '../../packages/redis/test/support/redis-server.ts'
import { FleetCallers } from './fleet-callers.ts'
import { type RunningFleet, startFleet } from './running-fleet.ts'

const LIMIT = 1000
const ROUNDS = Number(process.env.FLEET_ROUNDS ?? 1)

describe.skipIf(!HAS_REDIS).each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  `four processes on one Redis, round %i${SKIPPED}`,
  () => {
    let fleet: RunningFleet
    let callers: FleetCallers
    beforeAll(async () => {
      fleet = await startFleet({ limited: LIMIT, killed: LIMIT, roomy: 1_000_000, unlimited: undefined })
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
      const [victim] = (await callers.send('unlimited', 40)).servedBy
      callers.urls = servers.map(({ url }) => url)
      const { served, broken } = await callers.send('killed', 2 * LIMIT, (answers) => {
        if (answers === LIMIT / 2) process.kill(victim!, 'SIGKILL')
      })
      expect(served).toBeLessThanOrEqual(LIMIT)
      expect(served).toBeGreaterThanOrEqual(LIMIT - broken)
    }, 120_000)
  },
)
