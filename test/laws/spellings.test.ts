/** The backend keeps white space in names as `+`, so one application has many spellings. */
import { describe, expect, it } from 'vitest'
import type { ApplicationCredentials, Credentials } from '../../packages/core/src/domain/credentials.ts'
import { allowed, createWorld, SERVICE, stateOf } from '../support/world.ts'

const SPELLINGS = ['my app', 'my+app', 'my\tapp', 'my\napp', 'my\vapp', 'my\fapp', 'my\rapp']
const limits = [{ metric: 'hits', period: 'eternity', value: 10 }]

const KINDS: Record<string, { version: '1' | '2' | 'oauth'; caller: (name: string) => Credentials }> = {
  'user key': { version: '1', caller: (userKey) => ({ userKey }) },
  'application id': { version: '2', caller: (appId) => ({ appId, appKey: 'k' }) },
  'client id': { version: 'oauth', caller: (clientId) => ({ clientId }) },
}

function worldOf(version: '1' | '2' | 'oauth') {
  const keys = version === '1' ? { user_keys: ['my app'] } : version === '2' ? { application_keys: ['k'] } : {}
  return createWorld({ state: stateOf({ version, limits, applications: [{ id: 'my app', plan: 'p1', ...keys }] }) })
}

describe.each(Object.entries(KINDS))('spellings of one %s', (_kind, { version, caller }) => {
  it('law 7: share one count, one after the other and all at once', async () => {
    for (const together of [false, true]) {
      const world = worldOf(version)
      const names = SPELLINGS.flatMap((name) => Array.from({ length: 20 }, () => name))
      const outcomes = together ? await Promise.all(names.map((name) => world.ask(caller(name)))) : []
      if (!together) for (const name of names) outcomes.push(await world.ask(caller(name)))
      expect(outcomes.filter(allowed)).toHaveLength(10)
      await world.reporter.close()
      expect(world.kept).toBe(1)
      expect(world.emulator.usage()[SERVICE]!['my app']!.hits!.eternity).toBe(10)
      expect(world.losses).toEqual([])
    }
  })

  it('are one caller: an answer about one spelling decides for the others', async () => {
    const world = worldOf(version)
    for (const name of SPELLINGS) {
      expect(await world.ask(caller(name))).toMatchObject({ outcome: 'allow', application: { id: 'my+app' } })
    }
    expect(world.calls).toHaveLength(1)
  })
})

it('law 6: an application key is no other key because white space in it looks alike', async () => {
  const keys = { application_keys: ['a b', 'c+d'] }
  const world = createWorld({ state: stateOf({ version: '2', applications: [{ id: 'a1', plan: 'p1', ...keys }] }) })
  const ask = async (appKey: string) =>
    allowed(await world.ask({ appId: 'a1', appKey } satisfies ApplicationCredentials))
  for (const [key, good] of [
    ['a b', true],
    ['a+b', false],
    ['a\tb', false],
    ['c+d', true],
    ['c d', false],
    ['a b', true],
  ] as const) {
    expect([key, await ask(key)]).toEqual([key, good])
  }
  // The backend takes white space from its ends, also where an answer lists the keys.
  expect(await ask(' a b\n')).toBe(true)
  world.clock.skip(61_000)
  expect([await ask('c+d'), await ask(' a b\n'), await ask('a+b')]).toEqual([true, true, false])
})
