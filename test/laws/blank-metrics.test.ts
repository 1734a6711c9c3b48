/** Blanks separate the children in a list, and the backend stores blanks in names as `+`. */
import { describe, expect, it } from 'vitest'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { allowed, createWorld, SERVICE, stateOf, type World } from '../support/world.ts'

const caller = { userKey: 'k1' }
const LIMITED = [{ metric: 'hits', period: 'eternity', value: 10 }]

async function admitted(world: World, times: number, usage: Usage): Promise<number> {
  let count = 0
  for (let i = 0; i < times; i++) if (allowed(await world.ask(caller, usage))) count += 1
  return count
}

async function countedAfter(world: World, metric: string): Promise<number> {
  const closing = world.reporter.close()
  await world.clock.advance(60_000)
  expect(await closing).toEqual({ undelivered: {} })
  expect(world.emulator.calls().filter(({ dropped }) => dropped !== undefined)).toEqual([])
  return world.emulator.usage()[SERVICE]!.a1![metric]!.eternity!
}

describe('metrics with blanks', () => {
  it.each([
    ['a b', { 'a b': 1 }],
    ['a b', { 'a+b': 1 }],
    ['a+b', { 'a b': 1 }],
  ])('law 7: usage of %j is limited as %j', async (name, usage) => {
    const metrics = [{ name: 'hits' }, { name }]
    const world = createWorld({ state: stateOf({ metrics, limits: [{ metric: name, period: 'eternity', value: 4 }] }) })
    expect(await admitted(world, 8, usage)).toBe(4)
    expect(await countedAfter(world, name)).toBe(4)
  })

  it.each([
    [
      'a blank at the end of a name',
      [{ name: 'hits' }, { name: 'm ', parent: 'hits' }, { name: 'm' }, { name: 'x', parent: 'hits' }],
    ],
    ['a blank at the end of the only name', [{ name: 'hits' }, { name: 'm ', parent: 'hits' }, { name: 'm' }]],
    ['a limited name', [{ name: 'hits' }, { name: 'm x', parent: 'hits' }, { name: 'm' }, { name: 'x' }]],
  ])('law 7: a list with %s moves no metric', async (_what, metrics) => {
    const limits = [
      ...LIMITED,
      ...(metrics[1]!.name === 'm x' ? [{ metric: 'm x', period: 'eternity', value: 99 }] : []),
    ]
    const world = createWorld({ state: stateOf({ metrics, limits }) })
    expect(await admitted(world, 20, { m: 1 })).toBe(20)
    expect(await admitted(world, 20, { hits: 1 })).toBe(10)
    expect(await countedAfter(world, 'hits')).toBe(10)
  })

  it('law 7: a name with a blank that usage shows makes a list ambiguous, before and after', async () => {
    const metrics = [{ name: 'hits' }, { name: 'a b', parent: 'hits' }, { name: 'a' }, { name: 'b' }]
    const world = createWorld({ state: stateOf({ metrics, limits: LIMITED }) })
    expect(await admitted(world, 2, { hits: 1 })).toBe(2)
    expect(await admitted(world, 3, { 'a b': 1 })).toBe(3)
    expect(await admitted(world, 20, { a: 1 })).toBe(20)
    expect(await admitted(world, 20, { b: 1, hits: 0 })).toBe(20)
    await world.clock.advance(10_001)
    expect(await admitted(world, 20, { a: 1 })).toBe(20)
    expect(await admitted(world, 20, { 'a+b': 1 })).toBe(5)
    expect(await countedAfter(world, 'hits')).toBe(10)
  })
})
