/** Usage that is known only after the response, and response codes. */
import { expect, it } from 'vitest'
import type { AllowedDecision } from '../../packages/core/src/decision/allowed-decision.ts'
import { imbalance } from '../support/imbalance.ts'
import { allowed, createWorld, stateOf } from '../support/world.ts'

const STATE = stateOf({
  metrics: [{ name: 'hits' }, { name: 'tokens' }],
  limits: [{ metric: 'tokens', period: 'day', value: 100 }],
})

it('law 8: usageAfter is counted once, for any prediction, and may overshoot by what is in flight', async () => {
  const world = createWorld({ state: STATE })
  const policy = { counts: 'predicted' as const }
  const inFlight = []
  for (let index = 0; index < 5; index++) inFlight.push(await world.ask({ userKey: 'k1' }, { tokens: 1 }, policy))
  expect(inFlight.filter(allowed)).toHaveLength(5)
  expect(world.ledger.sums()).toEqual({})
  for (const outcome of inFlight) {
    world.settle(outcome, 200, { tokens: 30 })
    world.settle(outcome, 200, { tokens: 30 })
  }
  expect(world.ledger.sums().tokens).toMatchObject({ admitted: 150, pending: 150 })
  expect(await world.ask({ userKey: 'k1' }, { tokens: 1 }, policy)).toMatchObject({ code: 'limits_exceeded' })
  await world.clock.advance(10_000)
  expect(world.emulator.usage().s1!.a1!.tokens!.day).toBe(150)
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 8: addUsage adds to what was counted at once, before and after the end', async () => {
  const world = createWorld({ state: STATE })
  const outcome = (await world.ask({ userKey: 'k1' })) as AllowedDecision
  outcome.addUsage({ tokens: 7 })
  outcome.addUsage({ tokens: 3, hits: 1 })
  expect(world.ledger.sums().tokens).toMatchObject({ admitted: 10, pending: 10 })
  world.settle(outcome)
  outcome.addUsage({ tokens: 90 })
  expect(await world.ask({ userKey: 'k1' }, { tokens: 1 })).toMatchObject({ code: 'limits_exceeded' })
  await world.clock.advance(10_000)
  const usage = world.emulator.usage().s1!.a1!
  expect([usage.hits!.day, usage.tokens!.day]).toEqual([2, 100])
})

it('response codes are reported in one transaction each, and their usage counts from the decision on', async () => {
  const world = createWorld({ state: STATE })
  const policy = { counts: 'with-response-code' as const, responseCodes: true }
  const outcomes = []
  for (let index = 0; index < 3; index++) outcomes.push(await world.ask({ userKey: 'k1' }, { tokens: 40 }, policy))
  expect(outcomes.map(allowed)).toEqual([true, true, false])
  await world.clock.advance(10_000)
  expect(world.count('transactions')).toBe(0)
  world.settle(outcomes[0]!, 200)
  world.settle(outcomes[1]!, 404)
  await world.clock.advance(10_000)
  const body = world.calls.findLast(({ path }) => path.endsWith('/transactions.xml'))!.body!
  expect(
    body
      .match(/\[log\](\[|%5B)code(\]|%5D)=\d+/g)!
      .map((text) => text.slice(-3))
      .sort(),
  ).toEqual(['200', '404'])
  expect(world.emulator.usage().s1!.a1!.tokens!.day).toBe(80)
  expect(imbalance(world.ledger)).toEqual({})
})

it('close() reports usage that still waits for a response', async () => {
  const world = createWorld({ state: STATE })
  await world.ask({ userKey: 'k1' }, { tokens: 4 }, { counts: 'with-response-code', responseCodes: true })
  expect(await world.reporter.close()).toEqual({ undelivered: {} })
  expect(world.emulator.usage().s1!.a1!.tokens!.day).toBe(4)
})
