/** One of the gateways that share a store reports for all of them, whatever happens to it. */
import { describe, expect, it } from 'vitest'
import { callOf } from '../support/fleet.ts'
import { ReportingFleet } from '../support/reporting-fleet.ts'
import { stateOf } from '../support/world.ts'

const STATE = stateOf({
  metrics: [{ name: 'hits' }, { name: 'searches', parent: 'hits' }],
  applications: [1, 2, 3].map((n) => ({ id: `a${n}`, plan: 'p1', user_keys: [`k${n}`] })),
  limits: [{ metric: 'hits', period: 'day', value: 1000 }],
})

const WITHOUT_A2 = stateOf({
  metrics: [{ name: 'hits' }, { name: 'searches', parent: 'hits' }],
  applications: [1, 3].map((n) => ({ id: `a${n}`, plan: 'p1', user_keys: [`k${n}`] })),
  limits: [{ metric: 'hits', period: 'day', value: 1000 }],
})

const OPTIONS = {
  mappingRules: [
    { method: 'GET', pattern: '/search', metric: 'searches', last: true },
    { method: 'GET', pattern: '/', metric: 'hits' },
  ],
}

/** Three gateways, each asked five times about each of three applications. */
async function used(): Promise<ReportingFleet> {
  const world = new ReportingFleet({ state: STATE, options: OPTIONS })
  for (const key of ['k1', 'k2', 'k3']) await world.ask(5, key)
  expect(world.admitted).toEqual({ hits: 45 })
  return world
}

const UNAVAILABLE = { status: 503, headers: {}, body: Buffer.alloc(0) }
const TOO_LARGE = { status: 413, headers: {}, body: Buffer.alloc(0) }

function reportsOf({ fleet }: ReportingFleet): number {
  return fleet.calls.filter(({ request }) => request.method === 'POST').length
}

/** All that was admitted is at 3scale, and the store has nothing more to do. */
function expectAllCounted(world: ReportingFleet): void {
  expect(world.counted()).toEqual(world.admitted)
  expect([world.waiting(), new Set(world.states()), world.lost]).toEqual([{}, new Set(['acked']), {}])
}

describe('law 8: what gateways with a store admitted', () => {
  it('is counted once, by one call for all of them', async () => {
    const world = await used()
    await world.ask(2, 'k1', '/search')
    await world.pass(15_000)
    expect(world.counted()).toEqual({ hits: 45 + 6, searches: 6 })
    expect(reportsOf(world)).toBe(1)
    expect([world.waiting(), world.states()]).toEqual([{}, ['acked']])
  })

  it('costs no more questions than refreshes do, whichever of them reports', async () => {
    const askers = new Set<number>()
    // In one of 40 fleets a single process happens to ask all.
    for (let fleets = 0; fleets < 5; fleets++) {
      const world = await used()
      await world.live(120_000)
      const questions = world.fleet.calls.filter(({ request }) => /user_key=k3|app_id=a3/.test(request.path))
      // One for each ttl of 10 s, whichever process refreshes and whichever reports, and two to spare.
      expect(questions.length).toBeLessThanOrEqual(15)
      for (const { by } of questions) askers.add(by)
      expect(reportsOf(world)).toBeGreaterThan(5)
    }
    expect(askers.size).toBeGreaterThan(1)
  })

  it('is one report, too, where each process knows callers of its own, and no question in vain', async () => {
    const world = new ReportingFleet({ state: STATE, options: OPTIONS })
    const { gateways, calls } = world.fleet
    for (let second = 0; second < 60; second++) {
      const asked = ['k1', 'k2', 'k3'].map((key, by) => gateways[by]!.evaluate(callOf(key)))
      await world.during(1000, Promise.all(asked))
    }
    expect(reportsOf(world)).toBeLessThanOrEqual(6)
    expect(world.counted().hits).toBeGreaterThan(120)
    expect(calls.filter(({ request }) => request.path.includes('app_id='))).toEqual([])
  })

  it('is somewhere at any instant, in the sums of all of them together', async () => {
    const world = await used()
    const check = () => {
      const { admitted, acknowledged, inFlight, ambiguous, pending, givenUp, shared } = world.sums()
      expect(admitted).toBe(45)
      expect(acknowledged + inFlight + ambiguous + pending + givenUp + shared).toBe(45)
      return shared
    }
    expect(check()).toBe(45)
    world.onReport((pass) => {
      expect(check()).toBe(0)
      return pass()
    })
    await world.pass(15_000)
    expect(check()).toBe(0)
    expect(world.sums().acknowledged).toBe(45)
  })

  it('is halved in the store, too, where 3scale refuses a batch as a whole', async () => {
    const world = await used()
    world.onReport((pass, body) => (body.includes('transactions[1]') ? TOO_LARGE : pass()))
    await world.pass(15_000)
    expectAllCounted(world)
    expect([reportsOf(world), world.states().length]).toEqual([5, 3])
  })

  it('is given up and told once where 3scale refuses a transaction alone', async () => {
    const world = await used()
    const refused = {
      status: 400,
      headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' },
      body: Buffer.from('<?xml version="1.0"?><error code="bad_request">x</error>'),
    }
    world.onReport((pass, body) => (body.includes('a2') ? refused : pass()))
    await world.pass(15_000)
    expect([world.counted(), world.lost, world.reasons]).toEqual([{ hits: 30 }, { hits: 15 }, ['refused']])
    expect([world.waiting(), new Set(world.states())]).toEqual([{}, new Set(['acked'])])
  })

  it('waits in the store while 3scale does not take it', async () => {
    const world = await used()
    world.onReport(() => UNAVAILABLE)
    await world.pass(15_000)
    expect([world.waiting(), world.counted(), world.states()]).toEqual([{ hits: 45 }, {}, []])
    expect(world.sums().shared).toBe(45)
    world.onReport((pass) => pass())
    await world.pass(30_000)
    expectAllCounted(world)
  })

  it("stays counted and is told if 3scale gives no answer, with 'give-up'", async () => {
    const world = await used()
    world.onReport(() => ({ ...UNAVAILABLE, status: 500 }))
    await world.pass(15_000)
    expect([world.states(), world.sums().ambiguous]).toEqual([['ambiguous'], 45])
    world.onReport((pass) => pass())
    await world.pass(100_000)
    expect([world.lost, new Set(world.reasons), world.states()]).toEqual([
      { hits: 45 },
      new Set(['ambiguous']),
      ['ambiguous'],
    ])
    expect(world.sums()).toMatchObject({ givenUp: 45, ambiguous: 0, shared: 0 })
  })

  it("is reported again if 3scale gave no answer, with 'count-again'", async () => {
    const world = new ReportingFleet({ state: STATE, options: { report: { ambiguous: 'count-again' } } })
    await world.ask(5)
    world.onReport(() => ({ ...UNAVAILABLE, status: 500 }))
    await world.pass(15_000)
    expect(world.states()).toEqual(['ambiguous'])
    world.onReport((pass) => pass())
    await world.pass(100_000)
    expectAllCounted(world)
  })

  it('of an application that is deleted after it was taken, and all that was sent with it, is counted or told', async () => {
    const world = await used()
    world.onCommand = (command) => {
      if (command === 'take') world.fleet.emulator.updateState(WITHOUT_A2)
    }
    await world.pass(200_000)
    // 3scale has dropped the batch as a whole, unless it happened to be asked once more before.
    expect((world.counted().hits ?? 0) + world.lost.hits!).toBe(45)
    expect(world.waiting()).toEqual({})
  })

  it('of an application that is deleted before it is taken does not sink what others used', async () => {
    const world = await used()
    world.onReport(() => UNAVAILABLE)
    await world.pass(15_000)
    world.fleet.emulator.updateState(WITHOUT_A2)
    world.onReport((pass) => pass())
    await world.pass(200_000)
    expect([world.counted(), world.lost, world.waiting()]).toEqual([{ hits: 30 }, { hits: 15 }, {}])
  })
})

describe('law 15: if the process dies that reports for all', () => {
  it('before it sends, another one reports', async () => {
    const world = await used()
    world.onCommand = (command, by) => {
      world.onCommand = command === 'take' ? () => {} : world.onCommand
      if (command === 'take') world.kill(by)
    }
    await world.pass(30_000)
    expect([world.counted(), world.states()]).toEqual([{}, ['taken']])
    await world.live(60_000)
    await world.pass(15_000)
    expectAllCounted(world)
  })

  it('while its report is on its way, the usage stays counted, and one of the others tells that it may be lost', async () => {
    const world = await used()
    world.onReport((_pass, _body, by) => world.kill(by))
    await world.pass(15_000)
    world.onReport((pass) => pass())
    await world.live(150_000)
    await world.pass(15_000)
    expect(world.counted()).toEqual({ hits: world.admitted.hits! - 45 })
    expect([world.lost, new Set(world.reasons)]).toEqual([{ hits: 45 }, new Set(['ambiguous'])])
    const open = [...world.redis.model.state.batches.values()].filter(({ st }) => st === 'ambiguous')
    expect(open.map(({ rows }) => rows!.filter((_, i) => i % 3 === 2))).toEqual([[15, 15, 15]])
  })

  it("while its report is on its way, one of the others reports it again, with 'count-again'", async () => {
    const world = new ReportingFleet({ state: STATE, options: { report: { ambiguous: 'count-again' } } })
    await world.ask(5)
    world.onReport((_pass, _body, by) => world.kill(by))
    await world.pass(15_000)
    world.onReport((pass) => pass())
    await world.live(150_000)
    await world.pass(15_000)
    expect([world.counted(), world.lost]).toEqual([world.admitted, {}])
  })

  it('and the one that took its report over dies as well, the next one tells', async () => {
    const world = await used()
    const kill = (by: number) => world.kill(by)
    world.onReport((_pass, _body, by) => kill(by))
    await world.pass(15_000)
    world.onReport((pass) => pass())
    world.onCommand = (command, by) => {
      const takenOver = [...world.redis.model.state.batches.keys()].some((id) => id.includes('/'))
      if (command !== 'take' || !takenOver) return
      world.onCommand = () => {}
      kill(by)
    }
    await world.live(250_000)
    await world.pass(15_000)
    expect([0, 1, 2].filter((by) => world.isDead(by))).toHaveLength(2)
    expect([world.lost, new Set(world.reasons)]).toEqual([{ hits: 45 }, new Set(['ambiguous'])])
    expect(world.counted()).toEqual({ hits: world.admitted.hits! - 45 })
  })

  it('before it has told that its report got no answer, one of the others tells', async () => {
    const world = await used()
    world.onReport((_pass, _body, by) => {
      reporter = by
      return { ...UNAVAILABLE, status: 500 }
    })
    let reporter = -1
    await world.pass(15_000)
    expect(world.states()).toEqual(['ambiguous'])
    world.kill(reporter)
    world.onReport((pass) => pass())
    await world.live(250_000)
    await world.pass(15_000)
    expect([world.lost, new Set(world.reasons)]).toEqual([{ hits: 45 }, new Set(['ambiguous'])])
    expect(world.counted()).toEqual({ hits: world.admitted.hits! - 45 })
  })

  it('after 3scale has taken the report, nothing is reported twice, and one of the others tells of the doubt', async () => {
    const world = await used()
    world.onReport((pass, _body, by) => {
      const answer = pass()
      world.kill(by)
      return answer
    })
    await world.pass(15_000)
    world.onReport((pass) => pass())
    await world.live(150_000)
    await world.pass(15_000)
    expect([world.counted(), world.lost]).toEqual([world.admitted, { hits: 45 }])
  })

  it('but was only away, one process tells that usage may be lost', async () => {
    const world = await used()
    let away = -1
    world.onReport((_pass, _body, by) => {
      away = by
      world.pause(by)
      return { ...UNAVAILABLE, status: 500 }
    })
    await world.pass(15_000)
    world.onReport((pass) => pass())
    await world.live(45_000)
    expect(world.states()).toContain('moved')
    world.resume(away)
    await world.live(150_000)
    await world.pass(15_000)
    expect([world.lost, new Set(world.reasons)]).toEqual([{ hits: 45 }, new Set(['ambiguous'])])
    expect(world.counted()).toEqual({ hits: world.admitted.hits! - 45 })
  })
})

describe('law 15: if the store goes away', () => {
  it('after a take, nothing is sent before it is back', async () => {
    const world = await used()
    world.onCommand = (command) => {
      if (command === 'take') world.down = true
    }
    await world.pass(20_000)
    expect(reportsOf(world)).toBe(0)
    world.onCommand = () => {}
    world.down = false
    await world.pass(60_000)
    expectAllCounted(world)
  })

  it('after a report was sent, it is told the outcome when it is back', async () => {
    const world = await used()
    world.onReport((pass) => {
      world.down = true
      return pass()
    })
    await world.pass(20_000)
    expect([world.counted(), world.states()]).toEqual([{ hits: 45 }, ['flight']])
    world.down = false
    world.onReport((pass) => pass())
    await world.pass(60_000)
    expectAllCounted(world)
  })

  it("'deny' opens for none, and what was admitted before is counted once", async () => {
    const world = await used()
    world.down = true
    await world.pass(6000)
    await world.ask(3)
    expect(world.admitted).toEqual({ hits: 45 })
    world.down = false
    await world.pass(30_000)
    expectAllCounted(world)
  })
})

describe('law 8: while the store does not answer for longer than staleMs', () => {
  const FREE = {
    ...STATE,
    services: STATE.services.map((service) => ({ ...service, plans: [{ id: 'p1', name: 'P' }] })),
  }

  it('each process reports what it could not book, and nothing of it is booked when the store is back', async () => {
    const world = new ReportingFleet({ state: FREE, options: { onUnavailable: 'allow', ...OPTIONS } })
    await world.ask(5)
    await world.pass(15_000)
    expect(world.counted()).toEqual({ hits: 15 })
    world.down = true
    for (let i = 0; i < 20; i++) {
      await world.ask(1)
      await world.pass(4500)
    }
    expect(world.admitted).toEqual({ hits: 75 })
    // All but the command without an answer, and what was admitted since the last report.
    expect(world.counted().hits).toBeGreaterThan(60)
    world.down = false
    await world.pass(60_000)
    expectAllCounted(world)
    const { admitted, acknowledged, shared } = world.sums()
    expect([admitted, acknowledged, shared]).toEqual([75, 75, 0])
  })

  it.each([
    ['deny', true, 0, 0],
    ['deny', false, 0, 0],
    ['last-known', true, 3, 0],
    ['last-known', false, 3, 0],
    ['allow', true, 3, 3],
    ['allow', false, 3, 3],
  ] as const)(
    'with %s and 3scale answering: %s, %i of 3 requests under a limit pass at first, and %i later',
    async (...row) => {
      const [onUnavailable, answers, first, later] = row
      const world = new ReportingFleet({ state: STATE, options: { onUnavailable, ...OPTIONS } })
      await world.ask(5)
      await world.pass(2000)
      world.down = true
      if (!answers) world.fleet.fault = () => UNAVAILABLE
      await world.pass(6000)
      expect(await world.ask(1)).toBe(first)
      await world.pass(60_000)
      expect(await world.ask(1)).toBe(later)
    },
  )

  it('a process that closes reports what it could not book, and tells only what may be in the store', async () => {
    const world = new ReportingFleet({ state: FREE, processes: 1, options: { onUnavailable: 'allow', ...OPTIONS } })
    await world.ask(5)
    await world.pass(15_000)
    world.down = true
    await world.ask(2)
    await world.pass(2000)
    // The first two are in a command without an answer.
    await world.ask(3)
    expect(await world.during(6000, world.fleet.gateways[0]!.close())).toEqual({ undelivered: { hits: 2 } })
    expect([world.counted(), world.lost]).toEqual([{ hits: 8 }, { hits: 2 }])
    expect(world.sums()).toEqual({
      admitted: 10,
      acknowledged: 8,
      givenUp: 2,
      inFlight: 0,
      ambiguous: 0,
      pending: 0,
      shared: 0,
    })
  })

  it('what awaits its response is reported with its status, by the process or by the store', async () => {
    const world = new ReportingFleet({ state: FREE, options: { onUnavailable: 'allow', responseCodes: true } })
    const bodies: string[] = []
    world.onReport((pass, body) => {
      bodies.push(body)
      return pass()
    })
    await world.ask(1)
    world.settleAll(404)
    await world.pass(15_000)
    await world.ask(1)
    world.down = true
    await world.pass(2000)
    await world.ask(1)
    world.settleAll(404)
    await world.ask(1)
    await world.pass(90_000)
    world.settleAll(404)
    world.down = false
    await world.pass(60_000)
    expectAllCounted(world)
    const told = bodies.join('&').match(/\[log\]\[code\]=\d+/g)!
    expect(new Set(told)).toEqual(new Set(['[log][code]=404']))
  })
})

describe('flush and close with a store', () => {
  it('flush reports what waits, whichever process admitted it', async () => {
    const world = await used()
    expect(await world.during(2000, world.fleet.gateways[1]!.flush())).toEqual({ undelivered: {} })
    expectAllCounted(world)
  })

  it('close of one of three reports what waits, and the others go on', async () => {
    const world = await used()
    expect(await world.during(6000, world.fleet.gateways[0]!.close())).toEqual({ undelivered: {} })
    expectAllCounted(world)
    world.kill(0)
    await world.ask(5)
    await world.pass(15_000)
    expectAllCounted(world)
  })

  it('close tells what 3scale did not take, and another process reports it', async () => {
    const world = await used()
    world.onReport(() => UNAVAILABLE)
    expect(await world.during(6000, world.fleet.gateways[0]!.close())).toEqual({ undelivered: { hits: 45 } })
    expect([world.waiting(), world.lost]).toEqual([{ hits: 45 }, {}])
    world.onReport((pass) => pass())
    await world.pass(30_000)
    expectAllCounted(world)
  })

  it('a gateway that admitted nothing asks the store for nothing', async () => {
    const world = new ReportingFleet({ state: STATE })
    let commands = 0
    world.onCommand = () => {
      commands += 1
    }
    expect(await world.during(100, world.fleet.gateways[0]!.flush())).toEqual({ undelivered: {} })
    expect(await world.during(6000, world.fleet.gateways[0]!.close())).toEqual({ undelivered: {} })
    expect(commands).toBe(0)
  })
})
