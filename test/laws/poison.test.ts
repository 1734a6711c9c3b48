/**
 * Law 9: one bad transaction does not sink the usage of others. The emulator drops batches as the real backend does.
 */
import type { EmulatorState } from '@threescale/emulator'
import { expect, it } from 'vitest'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { imbalance } from '../support/imbalance.ts'
import { settled } from '../support/manual-clock.ts'
import { allowed, createWorld, stateOf, type World } from '../support/world.ts'

const METRICS = [{ name: 'hits' }, { name: 'extra' }]
const TWO = [
  { id: 'a1', plan: 'p1', user_keys: ['k1'] },
  { id: 'a2', plan: 'p1', user_keys: ['k2'] },
]
const BOTH = stateOf({ metrics: METRICS, applications: TWO })

async function use(world: World, key: string, usage: Usage = { hits: 1 }): Promise<void> {
  expect(allowed(await world.ask({ userKey: key }, usage))).toBe(true)
}

function without(change: (service: EmulatorState['services'][0]) => void): EmulatorState {
  const state = structuredClone(BOTH)
  change(state.services[0]!)
  return state
}

function dropped(world: World): unknown[] {
  return world.emulator.calls().filter((call) => call.dropped !== undefined)
}

const countOf = (world: World, id: string, metric = 'hits') => world.emulator.usage().s1![id]![metric]!.eternity

it('law 9: usage of an application with an unknown user key is sent alone, because it may be deleted', async () => {
  const world = createWorld({ state: BOTH, report: { intervalMs: 30_000 } })
  await use(world, 'k1')
  await use(world, 'k2')
  world.emulator.updateState(without((service) => service.applications!.pop()))
  await world.clock.advance(30_000)
  expect(countOf(world, 'a1')).toBe(1)
  expect(dropped(world)).toMatchObject([{ transactions: 1, dropped: { code: 'application_not_found' } }])
  await world.reporter.close()
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: with application ids the usage of a deleted application is given up and announced', async () => {
  const state = (applications: object[]) => stateOf({ version: '2', metrics: METRICS, applications })
  const a1 = { id: 'a1', plan: 'p1' }
  const world = createWorld({ state: state([a1, { id: 'a2', plan: 'p1' }]), report: { intervalMs: 30_000 } })
  await world.ask({ appId: 'a1' })
  await world.ask({ appId: 'a2' })
  world.emulator.updateState(state([a1]))
  await world.clock.advance(30_000)
  expect(countOf(world, 'a1')).toBe(1)
  expect(dropped(world)).toEqual([])
  expect(world.losses).toMatchObject([
    { kind: 'given-up', reason: 'application_gone', applicationId: 'a2', usage: { hits: 1 } },
  ])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: a deleted metric takes only its own usage with it', async () => {
  const world = createWorld({ state: BOTH, report: { intervalMs: 30_000 } })
  await use(world, 'k1')
  await use(world, 'k1', { hits: 1, extra: 5 })
  await use(world, 'k2')
  world.emulator.updateState(without((service) => service.metrics!.pop()))
  await world.clock.advance(30_000)
  expect(countOf(world, 'a1')).toBe(2)
  expect(countOf(world, 'a2')).toBe(1)
  expect(dropped(world)).toEqual([])
  expect(world.losses).toMatchObject([{ kind: 'given-up', reason: 'metric_gone', usage: { extra: 5 } }])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: a revoked user key does not matter, because usage is reported by application id', async () => {
  const world = createWorld({ state: BOTH, report: { intervalMs: 30_000 } })
  await use(world, 'k1')
  await use(world, 'k2')
  world.emulator.updateState(without((service) => service.applications![1]!.user_keys!.pop()))
  await world.clock.advance(30_000)
  expect(countOf(world, 'a1')).toBe(1)
  expect(countOf(world, 'a2')).toBe(1)
  expect(dropped(world)).toEqual([])
})

it('law 9: usage older than 23 hours gets a new timestamp, so that its batch is not refused', async () => {
  const world = createWorld({ state: BOTH })
  await use(world, 'k1')
  world.clock.set(24 * 3_600_000 + 1000)
  await world.ask({ userKey: 'k2' })
  await world.reporter.flush()
  expect(dropped(world)).toEqual([])
  expect(countOf(world, 'a1')).toBe(1)
  expect(countOf(world, 'a2')).toBe(1)
})

it("law 9: usage older than 23 hours is given up and announced with `late: 'give-up'`", async () => {
  const world = createWorld({ state: BOTH, report: { late: 'give-up' } })
  await use(world, 'k1')
  world.clock.set(24 * 3_600_000 + 1000)
  await world.ask({ userKey: 'k2' })
  await world.reporter.flush()
  expect(countOf(world, 'a1')).toBe(0)
  expect(countOf(world, 'a2')).toBe(1)
  expect(world.losses).toMatchObject([{ reason: 'late', usage: { hits: 1 } }])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: usage of a metric that no answer has proved is sent alone', async () => {
  const world = createWorld({ state: BOTH })
  const outcome = await world.ask({ userKey: 'k1' })
  await use(world, 'k2')
  world.settle(outcome, 200, { unheard: 3 })
  await world.clock.advance(10_000)
  expect(countOf(world, 'a1')).toBe(1)
  expect(countOf(world, 'a2')).toBe(1)
  expect(world.losses).toMatchObject([{ reason: 'metric_gone', usage: { unheard: 3 } }])
  expect(dropped(world)).toEqual([])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: one transaction that the backend refuses is found by halving, and the others are delivered', async () => {
  const applications = Array.from({ length: 40 }, (_, index) => ({
    id: `a${index}`,
    plan: 'p1',
    user_keys: [`k${index}`],
  }))
  const world = createWorld({ state: stateOf({ applications }) })
  for (const { user_keys } of applications) await use(world, user_keys[0]!)
  world.fault = (request, pass) =>
    request.body?.includes('[app_id]=a17&') === true
      ? {
          status: 400,
          headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' },
          body: Buffer.from('<?xml version="1.0" encoding="UTF-8"?><error code="bad_request">no</error>'),
        }
      : pass()
  await world.clock.advance(10_000)
  await settled()
  expect(world.count('transactions')).toBeGreaterThan(1)
  const counts = applications.map(({ id }) => countOf(world, id))
  expect(counts.filter((count) => count === 1)).toHaveLength(39)
  expect(world.losses).toMatchObject([{ reason: 'refused', applicationId: 'a17' }])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: batches hold at most 1,000 transactions and 4,000 parameters', async () => {
  const metrics = Array.from({ length: 10 }, (_, index) => ({ name: `m${index}` }))
  const usage = Object.fromEntries(metrics.map(({ name }) => [name, 1]))
  const applications = Array.from({ length: 600 }, (_, index) => ({
    id: `a${index}`,
    plan: 'p1',
    user_keys: [`k${index}`],
  }))
  const world = createWorld({ state: stateOf({ metrics, applications }), maxCalls: 2000 })
  await Promise.all(applications.map(({ user_keys }) => world.ask({ userKey: user_keys[0]! }, usage)))
  await world.clock.advance(10_000)
  expect(world.reports.map(({ outcome, transactions }) => [outcome, transactions])).toEqual([
    ['accepted', 333],
    ['accepted', 267],
  ])
  expect(world.ledger.sums().m3).toMatchObject({ admitted: 600, acknowledged: 600 })
})
