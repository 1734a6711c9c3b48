/**
 * An application's owner chooses its keys, and 3scale writes them into its answers unescaped. Whatever a key imitates,
 * nobody but its owner notices: the gateway decides as the backend does.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../packages/core/src/domain/credentials.ts'
import { hostileTexts } from '../support/hostile-texts.ts'
import { imbalance } from '../support/imbalance.ts'
import { allowed, createWorld, SERVICE, stateOf, type World } from '../support/world.ts'

const LIMIT = 5
const RUNS = Number(process.env.FUZZ_RUNS ?? 60)

const hostile = hostileTexts({
  victim: 'victim',
  service: SERVICE,
  reports: [{ metric: 'hits', period: 'eternity' }],
  metrics: ['hits', 'free'],
})

function worldOf(version: '1' | '2' | 'oauth', keys: readonly string[]): World {
  return createWorld({
    state: stateOf({
      version,
      metrics: [{ name: 'hits' }, { name: 'below', parent: 'hits' }, { name: 'free' }],
      limits: [{ metric: 'hits', period: 'eternity', value: LIMIT }],
      applications: [
        { id: 'victim', plan: 'p1', user_keys: ['victim-key'], application_keys: ['v'] },
        { id: 'evil', plan: 'p1', user_keys: ['evil-key'], application_keys: [...keys] },
      ],
    }),
  })
}

function callerOf(version: '1' | '2' | 'oauth', id: string, appKey: string): Credentials {
  if (version === '1') return { userKey: `${id}-key` }
  return version === '2' ? { appId: id, appKey } : { clientId: id, appKey }
}

async function admitted(world: World, caller: Credentials, metric: string, times: number): Promise<number> {
  let count = 0
  for (let i = 0; i < times; i++) if (allowed(await world.ask(caller, { [metric]: 1 }))) count += 1
  return count
}

describe.each(['1', '2', 'oauth'] as const)('keys that imitate answers (backend version %s)', (version) => {
  it('laws 6, 7 and 8: bill nobody else, lift no limit and move no metric', { timeout: RUNS * 400 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(hostile, { minLength: 1, maxLength: 3 }), fc.boolean(), async (keys, first) => {
        const world = worldOf(version, keys)
        const evil = callerOf(version, 'evil', keys[0]!.trim() === keys[0] ? keys[0]! : '')
        const good = callerOf(version, 'victim', 'v')
        // The victim may be known before or after the answers that imitate it.
        if (first) expect(await admitted(world, good, 'below', 1)).toBe(1)
        const used = await admitted(world, evil, 'hits', LIMIT + 3)
        expect(used).toBeLessThanOrEqual(LIMIT)
        expect(await admitted(world, good, 'free', LIMIT + 3)).toBe(LIMIT + 3)
        expect(await admitted(world, good, 'below', LIMIT + 3)).toBe(first ? LIMIT - 1 : LIMIT)
        await world.clock.advance(20_000)
        expect(await admitted(world, good, 'below', 1)).toBe(0)
        expect(await admitted(world, evil, 'hits', 1)).toBe(used < LIMIT && used > 0 ? 1 : 0)
        const closing = world.reporter.close()
        await world.clock.advance(60_000)
        expect(await closing).toEqual({ undelivered: {} })
        expect(imbalance(world.ledger)).toEqual({})
        const counted = world.emulator.usage()[SERVICE]!
        expect(counted.victim!.hits!.eternity).toBe(LIMIT)
        expect(counted.evil?.hits?.eternity ?? 0).toBe(used)
        expect(world.ledger.service(SERVICE).applications.get('victim')?.plan).not.toBe('Gold')
      }),
      { numRuns: RUNS },
    )
  })
})

it('law 6: a list that a key may have written proves no other caller', async () => {
  const forging = 'K"/><key id="gone'
  const world = worldOf('2', ['gone', forging])
  expect(allowed(await world.ask({ appId: 'evil', appKey: 'gone' }))).toBe(true)
  const state = world.emulator.state()
  state.services[0]!.applications![1]!.application_keys = [forging]
  world.emulator.updateState(state)
  world.clock.skip(9000)
  expect(allowed(await world.ask({ appId: 'evil', appKey: forging }))).toBe(true)
  // The proof of `gone` is stale by now; an answer that seems to list it is not.
  world.clock.skip(52_000)
  expect(allowed(await world.ask({ appId: 'evil', appKey: 'gone' }))).toBe(false)
})
