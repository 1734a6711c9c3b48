/** What happens while the backend does not answer, and after it. */
import { createEmulator } from '@threescale/emulator'
import { describe, expect, it } from 'vitest'
import type { Refusal } from '../../packages/core/src/decision/refusal.ts'
import { BackendError, TransportError } from '../../packages/core/src/errors.ts'
import { goWrong } from '../model/faults.ts'
import { HIDDEN, HIDING_LIMIT, HIDING_METRICS } from '../support/hidden-place.ts'
import { imbalance } from '../support/imbalance.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { allowed, createWorld, type Fault, stateOf, type World } from '../support/world.ts'

const STATE = stateOf({
  limits: [{ metric: 'hits', period: 'day', value: 10 }],
  applications: [
    { id: 'a1', plan: 'p1', user_keys: ['k1'] },
    { id: 'a2', plan: 'p1', user_keys: ['k2'] },
  ],
})

const DOWN: Fault = () => {
  throw new TransportError('refused', { sent: false })
}

const ask = async (world: World, userKey: string, policy = {}) => await world.ask({ userKey }, { hits: 1 }, policy)
const countOf = (world: World, id: string) => world.emulator.usage().s1![id]!.hits!.eternity

async function finish(world: World): Promise<void> {
  world.fault = undefined
  const closing = world.reporter.close({ timeoutMs: 30_000 })
  await world.clock.advance(31_000)
  await closing
  expect(imbalance(world.ledger)).toEqual({})
}

describe('while the backend is down', () => {
  it("'deny' answers 503 to unknown callers, and known callers pass until staleMs", async () => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    world.fault = DOWN
    expect(await ask(world, 'k2')).toMatchObject({ code: 'backend_unavailable' })
    await world.clock.advance(59_000)
    expect(await ask(world, 'k1')).toMatchObject({ outcome: 'allow', source: 'stale' })
    await world.clock.advance(2000)
    expect(await ask(world, 'k1')).toMatchObject({ code: 'backend_unavailable' })
  })

  it("'last-known' continues with the last verdict, counts limits, and reports afterwards", async () => {
    const world = createWorld({ state: STATE, policy: { onUnavailable: 'last-known' } })
    await ask(world, 'k1')
    world.fault = DOWN
    await world.clock.advance(3_600_000)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(world, 'k1')))
    expect(outcomes.filter(allowed)).toHaveLength(9)
    expect(outcomes[0]).toMatchObject({ source: 'policy' })
    expect(await ask(world, 'k2')).toMatchObject({ code: 'backend_unavailable' })
    await finish(world)
    expect(countOf(world, 'a1')).toBe(10)
  })

  it("'last-known' denies a caller whose last answer was a denial", async () => {
    const world = createWorld({ state: STATE, policy: { onUnavailable: 'last-known' } })
    expect(await ask(world, 'wrong')).toMatchObject({ code: 'user_key_invalid' })
    world.fault = DOWN
    await world.clock.advance(60_000)
    expect(await ask(world, 'wrong')).toMatchObject({ code: 'user_key_invalid' })
  })

  it("'allow' admits unknown callers, and reports the usage of those that the backend accepts later", async () => {
    const world = createWorld({ state: STATE, policy: { onUnavailable: 'allow' } })
    world.fault = DOWN
    for (const key of ['k1', 'k1', 'nobody']) expect(await ask(world, key)).toMatchObject({ source: 'policy' })
    expect(world.ledger.sums().hits).toMatchObject({ admitted: 3, pending: 3 })
    world.fault = undefined
    await world.clock.advance(15_000)
    expect(countOf(world, 'a1')).toBe(2)
    expect(world.losses).toMatchObject([{ reason: 'unproven', usage: { hits: 1 } }])
    expect(imbalance(world.ledger)).toEqual({})
  })

  it("law 3: 'allow' does not admit if the fault is the caller's or ours", async () => {
    const world = createWorld({ state: STATE, policy: { onUnavailable: 'allow' }, maxCalls: 2 })
    // An overload.
    world.fault = async (_request, pass) => {
      await new Promise<void>((resolve) => world.clock.schedule(resolve, 100))
      return pass()
    }
    const outcomes = Promise.all([ask(world, 'x1'), ask(world, 'x2'), ask(world, 'x3')])
    await world.clock.advance(200)
    expect((await outcomes).map((outcome) => (outcome as { code?: string }).code)).toEqual([
      'user_key_invalid',
      'overloaded',
      'overloaded',
    ])
    // Our own misconfiguration.
    world.fault = () => ({
      status: 403,
      headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' },
      body: Buffer.from('<?xml version="1.0" encoding="UTF-8"?><error code="service_token_invalid">no</error>'),
    })
    expect(await ask(world, 'y1')).toMatchObject({ code: 'gateway_misconfigured' })
    // Credentials that cannot be sent.
    expect(await ask(world, '\ud800')).toMatchObject({ code: 'credentials_malformed' })
    // A closed client.
    await world.service.client.close()
    expect(await ask(world, 'y2')).toMatchObject({ code: 'gateway_closed' })
  })

  it('a backend that names a day in Retry-After silences callers for a minute', async () => {
    const world = createWorld({ state: STATE })
    for (const status of [503, 429]) {
      world.fault = () => ({ status, headers: { 'retry-after': '86400' }, body: Buffer.alloc(0) })
      const { retryAt } = (await ask(world, `unverified-${status}`)) as Refusal
      expect(retryAt! - world.clock.now(), String(status)).toBe(60_000)
    }
  })

  it('an open breaker saves callers the time-out, and calls continue within seconds', async () => {
    const world = createWorld({ state: STATE })
    world.fault = DOWN
    for (let index = 0; index < 100; index++) await ask(world, `unverified-${index}`)
    expect(world.count('authorize')).toBe(5)
    world.fault = undefined
    await world.clock.advance(1001)
    expect(await ask(world, 'k1')).toMatchObject({ outcome: 'allow', source: 'backend' })
  })

  it('a breaker never half-opens with a report', async () => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    world.fault = DOWN
    for (let index = 0; index < 10; index++) await ask(world, `unverified-${index}`)
    expect(world.breaker!.state.kind).toBe('open')
    const before = world.count('transactions')
    await world.clock.advance(60_000)
    expect(world.count('transactions') - before).toBeLessThanOrEqual(1)
    await finish(world)
    expect(countOf(world, 'a1')).toBe(1)
  })
})

describe('a report that fails', () => {
  it.each(['unsent', 'busy'] as const)('law 8: that was surely not counted is sent again (%s)', async (kind) => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    world.fault = (_request, pass) => goWrong(kind, pass)
    await world.clock.advance(12_000)
    expect(world.ledger.sums().hits).toMatchObject({ pending: 1, acknowledged: 0 })
    world.fault = undefined
    await world.clock.advance(20_000)
    expect(countOf(world, 'a1')).toBe(1)
    expect(world.ledger.sums().hits).toMatchObject({ pending: 0, acknowledged: 1 })
  })

  it.each([
    ['stalled', { acknowledged: 1, givenUp: 0 }],
    ['error', { acknowledged: 1, givenUp: 0 }],
    ['garbage', { acknowledged: 1, givenUp: 0 }],
    // No answer tells whether usage of other processes filled the gap.
    ['lost-answer', { acknowledged: 0, givenUp: 1 }],
    ['stalled-counted', { acknowledged: 0, givenUp: 1 }],
  ] as const)('law 8: without an answer is counted exactly once, and never silently lost (%s)', async (kind, sums) => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    let failed = false
    world.fault = (request, pass) => {
      if (failed || !request.path.endsWith('/transactions.xml')) return pass()
      failed = true
      return goWrong(kind, pass)
    }
    await world.clock.advance(10_000)
    expect(world.ledger.sums().hits).toMatchObject({ ambiguous: 1 })
    await world.clock.advance(90_000)
    expect(countOf(world, 'a1')).toBe(1)
    expect(world.ledger.sums().hits).toMatchObject({ ambiguous: 0, ...sums })
    expect(world.losses.map(({ reason }) => reason)).toEqual(sums.givenUp === 1 ? ['ambiguous'] : [])
  })

  it('law 8: does not count as counted because usage of another process fills the gap', async () => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    let failed = false
    world.fault = (request, pass) => {
      if (failed || !request.path.endsWith('/transactions.xml')) return pass()
      failed = true
      return goWrong('stalled', pass)
    }
    await world.clock.advance(10_000)
    const other = createWorld({ state: STATE, clock: world.clock, emulator: world.emulator })
    await ask(other, 'k1')
    await other.reporter.flush()
    await world.clock.advance(90_000)
    expect(countOf(world, 'a1')).toBe(1)
    expect(world.losses).toMatchObject([{ kind: 'given-up', reason: 'ambiguous', usage: { hits: 1 } }])
  })

  it.each([
    ['give-up', { givenUp: 1, acknowledged: 0 }, 0],
    ['count-again', { givenUp: 0, acknowledged: 1 }, 1],
  ] as const)(
    'law 8: whose outcome cannot be found out is treated as the options say (%s)',
    async (ambiguous, sums, count) => {
      const world = createWorld({ state: stateOf({}), report: { ambiguous } })
      await ask(world, 'k1')
      world.fault = (request, pass) => (request.path.endsWith('/transactions.xml') ? goWrong('stalled', pass) : pass())
      await world.clock.advance(10_000)
      world.fault = undefined
      await world.clock.advance(120_000)
      expect(world.ledger.sums().hits).toMatchObject(sums)
      expect(countOf(world, 'a1')).toBe(count)
      if (ambiguous === 'give-up') expect(world.losses).toMatchObject([{ reason: 'ambiguous', usage: { hits: 1 } }])
    },
  )

  it('law 8: one batch is ambiguous in an outage, not each one', async () => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    world.fault = (_request, pass) => goWrong('stalled', pass)
    await world.clock.advance(10_000)
    for (let minute = 0; minute < 5; minute++) {
      await ask(world, 'k1')
      await world.clock.advance(10_000)
    }
    expect(world.reports.filter(({ outcome }) => outcome === 'ambiguous')).toHaveLength(1)
  })

  it('waits as long as the backend asks', async () => {
    const world = createWorld({ state: STATE })
    await ask(world, 'k1')
    world.fault = (request, pass) =>
      request.path.endsWith('/transactions.xml')
        ? { status: 503, headers: { 'retry-after': '25' }, body: Buffer.alloc(0) }
        : pass()
    await world.clock.advance(10_000)
    const before = world.count('transactions')
    await world.clock.advance(24_000)
    expect(world.count('transactions')).toBe(before)
    expect(new BackendError(503).retryable).toBe(true)
    world.fault = undefined
    await world.clock.advance(2000)
    expect(countOf(world, 'a1')).toBe(1)
  })
})

it('a service token is revoked and restored: known callers pass until staleMs, and nothing is lost', async () => {
  const world = createWorld({ state: STATE })
  const revoked = structuredClone(STATE)
  revoked.services[0]!.service_tokens = ['another']
  expect(allowed(await ask(world, 'k1'))).toBe(true)
  world.emulator.updateState(revoked)
  for (let second = 0; second < 5; second++) {
    await world.clock.advance(10_000)
    expect(allowed(await ask(world, 'k1'))).toBe(true)
  }
  expect(await ask(world, 'k2')).toMatchObject({ code: 'gateway_misconfigured' })
  expect(world.troubles).toContain('service_token_invalid')
  expect(world.ledger.sums().hits).toMatchObject({ admitted: 6, pending: 6 })
  world.emulator.updateState(STATE)
  expect(allowed(await ask(world, 'k2'))).toBe(true)
  await finish(world)
  expect(countOf(world, 'a1')).toBe(6)
  expect(countOf(world, 'a2')).toBe(1)
})

it('close() returns what it could not deliver, in bounded time', async () => {
  const world = createWorld({ state: STATE })
  await ask(world, 'k1')
  world.fault = DOWN
  const closing = world.reporter.close({ timeoutMs: 3000 })
  await world.clock.advance(3000)
  expect(await closing).toEqual({ undelivered: { hits: 1 } })
  expect(world.ledger.sums().hits).toMatchObject({ givenUp: 1, pending: 0 })
  expect(world.losses).toMatchObject([{ reason: 'closed' }])
  expect(imbalance(world.ledger)).toEqual({})
})

it.each(['now', 'with-response-code'] as const)(
  'law 8: usage that is admitted (%s) by an answer after close() is given up and announced',
  async (counts) => {
    const world = createWorld({ state: STATE, latencyMs: 500 })
    const late = world.ask({ userKey: 'k1' }, { hits: 1 }, { counts, responseCodes: counts !== 'now' })
    expect(await world.reporter.close({ timeoutMs: 1000 })).toEqual({ undelivered: {} })
    await world.clock.advance(1000)
    const outcome = await late
    expect(outcome).toMatchObject({ outcome: 'allow' })
    world.settle(outcome, 200, { hits: 2 })
    await world.clock.advance(0)
    expect(imbalance(world.ledger)).toEqual({})
    expect(world.ledger.sums().hits).toMatchObject({ admitted: 3, givenUp: 3, pending: 0 })
    expect(world.losses.map(({ reason, usage }) => [reason, { ...usage }])).toEqual([
      ['closed', { hits: 1 }],
      ['closed', { hits: 2 }],
    ])
  },
)

describe('while the backend is down, these must hold too', () => {
  it('law 7: usage of an unanswered authrep, admitted by policy, stays counted though the backend counts late', async () => {
    const world = createWorld({
      state: stateOf({
        metrics: [...HIDING_METRICS],
        limits: [{ metric: 'hits', period: 'day', value: 10 }, HIDING_LIMIT],
      }),
      policy: { onUnavailable: 'allow' },
      reportDelayMs: 20_000,
      cache: { ttlMs: 1000 },
    })
    await ask(world, 'k1')
    let lost = 0
    world.fault = (request, pass) =>
      request.path.includes('authrep') && lost++ < 5 ? goWrong('lost-answer', pass) : pass()
    let admitted = 1
    for (let i = 0; i < 30; i++) {
      if (allowed(await world.ask({ userKey: 'k1' }, HIDDEN))) admitted += 1
      await world.clock.advance(1100)
    }
    expect(lost).toBeGreaterThan(5)
    expect(admitted).toBe(10)
    await finish(world)
    expect(countOf(world, 'a1')).toBe(10)
    expect(world.losses.filter(({ kind }) => kind === 'suspected')).toEqual([])
  })

  describe("law 7: 'last-known' admits no caller whose limits are not known any more", () => {
    const limited = stateOf({
      limits: [{ metric: 'hits', period: 'minute', value: 10 }],
      applications: [
        { id: 'a1', plan: 'p1', user_keys: ['k1'] },
        { id: 'a2', plan: 'p1', user_keys: ['k2'] },
      ],
    })

    it('after our clock turned out to be fast, and its counts were dropped', async () => {
      const clock = new ManualClock('2026-03-10T10:20:30Z')
      let fastMs = 0
      const emulator = createEmulator({ state: limited, clock: { now: () => clock.now() - fastMs } })
      const cache = { ttlMs: 4 * 3_600_000, staleMs: 4 * 3_600_000 }
      const world = createWorld({ state: limited, clock, emulator, cache, policy: { onUnavailable: 'last-known' } })
      for (let i = 0; i < 6; i++) await ask(world, 'k1')
      fastMs = 3 * 3_600_000
      clock.set(fastMs)
      expect(await ask(world, 'k1')).toMatchObject({ source: 'cache' })
      await ask(world, 'k2')
      expect(world.troubles).toContain('THREESCALE_CLOCK_AHEAD')
      world.fault = DOWN
      expect(await ask(world, 'k1')).toMatchObject({ code: 'backend_unavailable' })
      expect(await ask(world, 'k1', { onUnavailable: 'allow' })).toMatchObject({ outcome: 'allow' })
      world.fault = undefined
      await clock.advance(3000)
      expect(allowed(await ask(world, 'k1'))).toBe(true)
      await finish(world)
      expect(countOf(world, 'a1')).toBe(9)
    })

    it('after the application was evicted', async () => {
      const world = createWorld({ state: limited, policy: { onUnavailable: 'last-known' } })
      for (let i = 0; i < 6; i++) await ask(world, 'k1')
      await world.reporter.flush()
      world.evict('a1')
      world.fault = DOWN
      expect(await ask(world, 'k1')).toMatchObject({ code: 'backend_unavailable' })
    })
  })
})
