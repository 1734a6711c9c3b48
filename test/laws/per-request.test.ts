/** Usage that a process cannot settle by itself: the backend is asked by authrep about each request. */
import { createEmulator } from '@threescale/emulator'
import { expect, it } from 'vitest'
import { HIDDEN, HIDING_LIMIT, HIDING_METRICS } from '../support/hidden-place.ts'
import { imbalance } from '../support/imbalance.ts'
import { ManualClock, settled } from '../support/manual-clock.ts'
import { allowed, createWorld, stateOf, type World } from '../support/world.ts'

const stateWith = (period: string, value: number) =>
  stateOf({ metrics: [...HIDING_METRICS], limits: [{ metric: 'hits', period, value }, HIDING_LIMIT] })

async function ask(world: World, times: number, usage = HIDDEN): Promise<number> {
  let admitted = 0
  for (let i = 0; i < times; i++) if (allowed(await world.ask({ userKey: 'k1' }, usage))) admitted++
  return admitted
}

it('several processes do not overshoot with it if the backend counts at once', async () => {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const state = stateWith('day', 300)
  const emulator = createEmulator({ state, clock })
  const worlds = [0, 1].map(() => createWorld({ state, clock, emulator }))
  let admitted = 0
  for (let second = 0; second < 40; second++) {
    for (const world of worlds) admitted += await ask(world, 5)
    await clock.advance(1000)
  }
  expect(admitted).toBe(300)
  expect(worlds.map((world) => world.count('authrep'))).toEqual([150, 150])
  for (const world of worlds) {
    expect(await world.reporter.close()).toEqual({ undelivered: {} })
    expect(imbalance(world.ledger)).toEqual({})
  }
  expect(emulator.usage().s1!.a1!.hits!.day).toBe(300)
})

it('law 7: it shares its limits with usage that is counted here, which is reported before the backend is asked', async () => {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const state = stateWith('day', 10)
  const emulator = createEmulator({ state, clock })
  const [world, other] = [0, 1].map(() => createWorld({ state, clock, emulator })) as [World, World]
  expect(await ask(world, 4, { hits: 1 })).toBe(4)
  expect(await ask(world, 2)).toBe(2)
  expect(emulator.usage().s1!.a1!.hits!.day).toBe(6)
  expect(await ask(other, 9)).toBe(4)
})

it('law 7: a denied authrep leaves no usage behind that it had reserved', async () => {
  const world = createWorld({ state: stateWith('day', 10) })
  expect(await ask(world, 4, { hits: 1 })).toBe(4)
  // Another client uses the rest between the questions and the authrep, and gives it back.
  const other = (amount: string) =>
    world.emulator.handle({
      method: 'POST',
      target: '/transactions.xml',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `service_token=token&service_id=s1&transactions[0][app_id]=a1&transactions[0][usage][hits]=${amount}`,
    })
  world.fault = (request, pass) => {
    if (!request.path.includes('authrep')) return pass()
    other('%2310')
    const answer = pass()
    other('%234')
    return answer
  }
  expect(await ask(world, 1)).toBe(0)
  world.fault = undefined
  expect(imbalance(world.ledger)).toEqual({})
  expect(world.ledger.sums().deep).toMatchObject({ admitted: 0 })
  expect(await ask(world, 8, { hits: 1 })).toBe(6)
})

it('law 7: usage that the backend counted in a newer window than ours counts in that window here too', async () => {
  const clock = new ManualClock('2026-03-10T10:20:10Z')
  let aheadMs = 10_000
  const state = stateWith('minute', 10)
  const emulator = createEmulator({ state, clock: { now: () => clock.now() + aheadMs }, reportDelayMs: 20_000 })
  const world = createWorld({ state, clock, emulator })
  expect(await ask(world, 6)).toBe(6)
  await clock.advance(21_000)
  // The backend's minute ends after the questions, so an authrep is the first to show the next one.
  world.fault = (request, pass) => {
    if (request.path.includes('authrep')) aheadMs = 32_000
    return pass()
  }
  expect(await ask(world, 12)).toBe(10)
  await clock.advance(30_000)
  await world.reporter.flush()
  expect(emulator.usage().s1!.a1!.hits!.minute).toBe(10)
})

it.each([200, 500])(
  'law 8: usage under way at close is given up once, whether its answer comes %s later or not',
  async (status) => {
    const world = createWorld({ state: stateWith('day', 10) })
    await ask(world, 1)
    await world.reporter.flush()
    world.fault = async (request, pass) => {
      if (!request.path.includes('authrep')) return pass()
      await new Promise<void>((resolve) => world.clock.schedule(resolve, 5000))
      return { ...pass(), status }
    }
    const late = ask(world, 1)
    await settled()
    expect(world.ledger.sums().deep).toMatchObject({ inFlight: 1 })
    const closing = world.reporter.close({ timeoutMs: 1000 })
    await world.clock.advance(1000)
    expect(await closing).toEqual({ undelivered: { deep: 1 } })
    await world.clock.advance(5000)
    await late
    expect(imbalance(world.ledger)).toEqual({})
    expect(world.losses).toMatchObject([{ reason: 'closed', usage: { deep: 1 } }])
  },
)
