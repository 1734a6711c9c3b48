/** Answers that are not 3scale's: who caused them, and what becomes of callers, usage and the operator. */
import { createEmulator } from '@threescale/emulator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  TRANSPORT,
  type TransportRequest,
  type TransportResponse,
} from '../../packages/core/src/client/transport/transport.ts'
import { TimeoutError } from '../../packages/core/src/errors.ts'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import type { GatewayOptions } from '../../packages/core/src/index.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../packages/core/test/fuzz-runs.ts'
import { answerBy } from '../support/answer-by.ts'
import { foreign, foreignAnswers } from '../support/foreign-answers.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { SERVICE, stateOf } from '../support/world.ts'

const INGRESS = foreign(404, 'text/plain', 'default backend - 404')

const STATE = stateOf({
  limits: [{ metric: 'hits', period: 'day', value: 1000 }],
  applications: [
    { id: 'a1', plan: 'p1', user_keys: ['k1'] },
    { id: 'a2', plan: 'p1', user_keys: ['k2'] },
  ],
})

/** Answers in 3scale's place; undefined lets 3scale answer. */
type Stranger = (request: TransportRequest) => TransportResponse | Promise<TransportResponse> | undefined

function open(options: Partial<GatewayOptions> = {}) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const emulator = createEmulator({ state: STATE, clock })
  const calls: TransportRequest[] = []
  const lines: { level: string; facts: Record<string, unknown>; message: string }[] = []
  const line = (level: string) => (facts: object, message: string) =>
    void lines.push({ level, facts: facts as Record<string, unknown>, message })
  const opened = {
    clock,
    emulator,
    calls,
    lines,
    stranger: undefined as Stranger | undefined,
    gateway: createGateway({
      serviceId: SERVICE,
      serviceToken: 'token',
      backendUrl: 'http://127.0.0.1:8080/prefix',
      logger: { ...quietLogger, warn: line('warn'), error: line('error'), info: line('info') },
      ...options,
      [CLOCK]: clock,
      [TRANSPORT]: {
        async request(request: TransportRequest) {
          calls.push(request)
          await Promise.resolve()
          const answer = await opened.stranger?.(request)
          return answer ?? answerBy(emulator, { ...request, path: request.path.slice('/prefix'.length) })
        },
      },
    } as object as GatewayOptions),
    ask: async (key: string): Promise<string> => {
      const url = `/?user_key=${key}`
      const decision = await opened.gateway.evaluate({ method: 'GET', url, header: () => undefined })
      if (decision.outcome === 'allow')
        opened.gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
      return decision.outcome === 'deny' ? decision.code : decision.outcome
    },
    probes: () => calls.filter(({ path }) => path.includes('user_key=clean-probe')).length,
    imbalance(): number {
      const sums = opened.gateway.stats().usage.hits
      if (sums === undefined) return 0
      const { admitted, acknowledged, inFlight, ambiguous, pending, givenUp } = sums
      return admitted - acknowledged - inFlight - ambiguous - pending - givenUp
    },
  }
  return opened
}

/** An ingress without a route: 3scale is never reached. */
const noRoute: Stranger = () => INGRESS

const causedBy =
  (key: string): Stranger =>
  ({ path }) =>
    path.includes(key) ? foreign(403, 'text/html', '<html>blocked</html>') : undefined

const modes = [
  { mode: 'direct', cache: false },
  { mode: 'cached', cache: { ttlMs: 1000, staleMs: 10_000 } },
] as const
const policies = ['deny', 'last-known', 'allow'] as const
const table = modes.flatMap((mode) => policies.map((onUnavailable) => ({ ...mode, onUnavailable })))

describe.each(table)('a 4xx that is not 3scale’s, $mode, $onUnavailable', ({ cache, onUnavailable }) => {
  const settings = { cache, onUnavailable }

  it('law 3: is a denial of the caller whose input causes it, and nothing else happens', async () => {
    const world = open(settings)
    world.stranger = causedBy('evil')
    expect(await world.ask('k1')).toBe('allow')
    expect(await Promise.all(['evil1', 'evil2', 'evil3'].map(world.ask))).toEqual(Array(3).fill('forbidden'))
    expect(world.probes()).toBe(1)
    for (let more = 0; more < 20; more++) expect(await world.ask(`evil-${more}`)).toBe('forbidden')
    expect(await world.ask('k1')).toBe('allow')
    expect(world.lines).toEqual([])
    await world.gateway.close()
  })

  it('law 3: is an outage if 3scale does not answer a call without the caller’s input', async () => {
    const world = open(settings)
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = noRoute
    const known = cache !== false || onUnavailable !== 'deny' ? 'allow' : 'backend_unavailable'
    const unknown = onUnavailable === 'allow' ? 'allow' : 'backend_unavailable'
    for (let second = 0; second < 8; second++) {
      expect([await world.ask('k1'), await world.ask('k2'), await world.ask('nobody')], String(second)).toEqual([
        known,
        unknown,
        unknown,
      ])
      await world.clock.advance(1000)
    }
    // The breaker paused calls meanwhile: per second one call and one probe.
    expect(world.calls.length).toBeLessThan(40)
    expect(world.lines.filter(({ message }) => message.includes('does not answer'))).toMatchObject([
      {
        level: 'warn',
        facts: { host: '127.0.0.1:8080', status: 404, contentType: 'text/plain' },
        message: expect.stringMatching(/404.*text\/plain.*check backendUrl/),
      },
    ])
    expect(JSON.stringify(world.lines)).not.toContain('default backend')
    expect(world.imbalance()).toBe(0)

    world.stranger = undefined
    await world.clock.advance(2000)
    expect([await world.ask('k1'), await world.ask('k2'), await world.ask('nobody')]).toEqual([
      'allow',
      'allow',
      'user_key_invalid',
    ])
    expect(world.lines.filter(({ message }) => message === 'the 3scale backend answers again')).toHaveLength(1)
    await world.clock.advance(30_000)
    expect(world.imbalance()).toBe(0)
    await world.gateway.close()
  })

  it('law 3: is judged by one probe a second at most, which carries nothing of a caller', async () => {
    const world = open({ ...settings, breaker: false, referrer: () => 'http://caller.test' })
    world.stranger = ({ path }) => (path.includes('clean-probe') ? undefined : INGRESS)
    for (let tenth = 0; tenth < 35; tenth++) {
      await Promise.all([world.ask(`x${tenth}`), world.ask(`y${tenth}`)])
      await world.clock.advance(100)
    }
    const probes = world.calls.filter(({ path }) => path.includes('clean-probe')).map(({ path }) => path)
    expect(probes).toHaveLength(4)
    for (const path of probes) {
      expect(path).toMatch(/^\/prefix\/transactions\/authorize\.xml\?/)
      expect([...new URL(path, 'http://backend').searchParams.keys()].toSorted()).toEqual([
        'service_id',
        'service_token',
        'user_key',
      ])
    }
    await world.gateway.close()
  })

  it("law 3: lets no unknown caller in while the probe is not answered in the call's time, or is answered 429", async () => {
    const world = open({ ...settings, breaker: false, timeoutMs: 500 })
    let release = (_answer: TransportResponse): void => {}
    const held = new Promise<TransportResponse>((resolve) => {
      release = resolve
    })
    world.stranger = ({ path }) => (path.includes('clean-probe') ? held : INGRESS)
    const asked = world.ask('stranger')
    await world.clock.advance(500)
    expect(await asked).toBe('overloaded')
    release(INGRESS)
    await world.gateway.close()
    const busy = open({ ...settings, breaker: false })
    busy.stranger = ({ path }) => (path.includes('clean-probe') ? foreign(429, undefined, '') : INGRESS)
    expect(await busy.ask('stranger')).toBe('overloaded')
    await busy.gateway.close()
  })

  it('law 3: lets no unknown caller in while the probe is crowded out, and leaves the breaker closed', async () => {
    const world = open({ ...settings, breaker: { failures: 1, openMs: 60_000 } })
    expect(await world.ask('k1')).toBe('allow')
    const crowdedOut = () => Promise.reject(new TimeoutError('no connection', { sent: false, crowdedOut: true }))
    world.stranger = ({ path }) => (path.includes('clean-probe') ? crowdedOut() : causedBy('evil')({ path } as never))
    expect(await world.ask('evil')).toBe('overloaded')
    expect(await world.ask('made-up')).toBe('user_key_invalid')
    await world.gateway.close()
  })
})

describe('a caller that 3scale has accepted before, when a 4xx about it is not 3scale’s but 3scale answers', () => {
  it('law 3: is not revoked by a refresh, cached', async () => {
    const world = open({ cache: { ttlMs: 1000, staleMs: 10_000 } })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = causedBy('user_key=k1')
    for (let second = 0; second < 9; second++) {
      await world.clock.advance(1000)
      expect(await world.ask('k1'), String(second)).toBe('allow')
    }
    await world.clock.advance(1100)
    expect(await world.ask('k1')).toBe('backend_unavailable')
    world.stranger = undefined
    await world.clock.advance(1000)
    expect(await world.ask('k1')).toBe('allow')
    await world.gateway.close()
  })

  it('law 3: is denied, and nothing of that is remembered, direct', async () => {
    const world = open({ onUnavailable: 'last-known' })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = causedBy('user_key=k1')
    expect(await world.ask('k1')).toBe('forbidden')
    await world.clock.advance(2000)
    world.stranger = noRoute
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = undefined
    await world.gateway.close()
  })
})

describe('a clean probe that takes long', () => {
  /** Where the probes wait, and how often one began. */
  function holding(options: Partial<GatewayOptions>) {
    const world = open({ timeoutMs: 5000, ...options })
    const held: ((answer: TransportResponse | Promise<never>) => void)[] = []
    world.stranger = ({ path }) =>
      path.includes('clean-probe') ? new Promise<TransportResponse>((resolve) => held.push(resolve)) : INGRESS
    return { world, held }
  }

  it('law 3: is the only one', async () => {
    const { world, held } = holding({ breaker: false })
    const asked = [world.ask('x')]
    await world.clock.advance(3000)
    asked.push(world.ask('y'))
    await world.clock.advance(10)
    expect(held).toHaveLength(1)
    held[0]!(INGRESS)
    expect(await Promise.all(asked)).toEqual(['backend_unavailable', 'backend_unavailable'])
    await world.gateway.close()
  })

  it('opens the breaker if it fails, although those who waited for it have gone', async () => {
    const { world, held } = holding({ breaker: { failures: 1, openMs: 60_000 }, timeoutMs: 100 })
    const asked = world.ask('x')
    await world.clock.advance(100)
    expect(await asked).toBe('overloaded')
    held[0]!(Promise.reject(new TimeoutError('no answer', { sent: true })))
    await world.clock.advance(10)
    const before = world.calls.length
    expect(await world.ask('y')).toBe('backend_unavailable')
    expect(world.calls.length).toBe(before)
    await world.gateway.close()
  })
})

describe('a clean probe that fails', () => {
  it.each([
    ['foreign', () => INGRESS],
    ['no answer', () => Promise.reject(new TimeoutError('no answer', { sent: true }))],
  ])('law 3: is one failure to the breaker, however many wait for it (%s)', async (_how, lost) => {
    const world = open({ breaker: { failures: 2, openMs: 60_000 } })
    world.stranger = ({ path }) => (path.includes('clean-probe') ? lost() : INGRESS)
    const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => world.ask(`x${index}`)))
    expect(new Set(asked)).toEqual(new Set(['backend_unavailable']))
    // The result holds for this second, without another failure.
    expect(await world.ask('later')).toBe('backend_unavailable')
    expect(world.probes()).toBe(1)
    world.stranger = undefined
    expect(await world.ask('k1')).toBe('allow')
    await world.gateway.close()
  })

  it('law 3: opens the breaker anew when the call that half-opened it waited for a result of before', async () => {
    const world = open({ breaker: { failures: 1, openMs: 100 } })
    world.stranger = noRoute
    expect(await world.ask('x')).toBe('backend_unavailable')
    await world.clock.advance(200)
    expect(await world.ask('y')).toBe('backend_unavailable')
    const before = world.calls.length
    expect(await world.ask('z')).toBe('backend_unavailable')
    expect(world.calls.length).toBe(before)
    await world.gateway.close()
  })
})

describe('law 3: a report that fails while questions are answered', () => {
  it.each([
    ['is answered by a proxy', () => foreign(405, 'text/html', '<html>no</html>')],
    ['is crowded out', () => Promise.reject(new TimeoutError('no connection', { sent: false, crowdedOut: true }))],
    ['meets a busy backend', () => foreign(429, undefined, '')],
  ])('is no outage if it %s: no unknown caller is let in', async (_how, fail) => {
    const world = open({ cache: true, onUnavailable: 'allow', breaker: { failures: 1, openMs: 60_000 } })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = ({ method }) => (method === 'POST' ? fail() : undefined)
    await world.clock.advance(15_000)
    expect(world.calls.some(({ method }) => method === 'POST')).toBe(true)
    expect(await world.ask('made-up')).toBe('user_key_invalid')
    world.stranger = undefined
    await world.clock.advance(30_000)
    expect(world.imbalance()).toBe(0)
    await world.gateway.close()
  })
})

describe('a 429 of the backend', () => {
  const busy: Stranger = ({ method }) =>
    method === 'GET' ? { ...foreign(429, undefined, ''), headers: { 'retry-after': '7' } } : undefined

  it.each(table)('law 3: lets in no caller never seen allowed, $mode, $onUnavailable', async (settings) => {
    const { cache, onUnavailable } = settings
    const world = open({ cache, onUnavailable })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = busy
    for (let flood = 0; flood < 50; flood++) expect(await world.ask(`made-up-${flood}`)).toBe('overloaded')
    const decision = await world.gateway.evaluate({ method: 'GET', url: '/?user_key=k2', header: () => undefined })
    expect(decision).toMatchObject({ status: 503, code: 'overloaded', headers: { 'retry-after': '7' } })
    // A known caller follows the policy, and the breaker is closed for it.
    const known = cache !== false || onUnavailable !== 'deny' ? 'allow' : 'backend_unavailable'
    expect(await world.ask('k1')).toBe(known)
    world.stranger = undefined
    expect([await world.ask('k1'), await world.ask('k2')]).toEqual(['allow', 'allow'])
    await world.clock.advance(20_000)
    expect([world.imbalance(), world.gateway.stats().usage.hits!.pending]).toEqual([0, 0])
    await world.gateway.close()
  })
})

describe('a report that meets a 4xx that is not 3scale’s', () => {
  it.each([405, 400, 401, 413, 414, 431])('law 8: waits, backs off and is sent again (%i)', async (status) => {
    const world = open({ cache: true })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = ({ method }) =>
      method === 'POST' ? foreign(status, 'text/html', '<html>GET only</html>') : undefined
    await world.clock.advance(60_000)
    expect(world.gateway.stats().usage.hits).toMatchObject({ pending: 1, givenUp: 0, ambiguous: 0 })
    const posts = world.calls.filter(({ method }) => method === 'POST').length
    expect(posts).toBeGreaterThan(2)
    expect(posts).toBeLessThan(20)
    world.stranger = undefined
    await world.clock.advance(20_000)
    expect(world.emulator.usage()[SERVICE]!.a1!.hits!.eternity).toBe(1)
    expect(world.imbalance()).toBe(0)
    await world.gateway.close()
  })
})

describe.each(modes)('a 2xx or 3xx that is not 3scale’s, $mode', ({ cache }) => {
  it.each([
    ['the page of a proxy', foreign(200, 'text/html', '<html>welcome</html>')],
    ['nothing', foreign(204, undefined, '')],
    ['the way to a login', foreign(302, 'text/html', '')],
  ])('law 4: %s is an outage that is told once, with status, host and what to look at', async (_what, page) => {
    const world = open({ cache })
    world.stranger = () => page
    for (const key of ['k1', 'k2', 'k1']) expect(await world.ask(key)).toBe('backend_unavailable')
    expect(world.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:8080 does not .* ${page.status}, .*; check backendUrl`)),
    ])
    await world.gateway.close()
  })

  it('law 8: and so is one that answers a report', async () => {
    const world = open({ cache: true })
    expect(await world.ask('k1')).toBe('allow')
    world.stranger = ({ method }) => (method === 'POST' ? foreign(200, 'text/html', '<html>welcome</html>') : undefined)
    await world.clock.advance(20_000)
    expect(world.lines[0]).toMatchObject({ level: 'warn', facts: { endpoint: 'report', host: '127.0.0.1:8080' } })
    world.stranger = undefined
    await world.gateway.close()
  })
})

describe('whatever stands in front of the backend answers', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('ask' as const), key: fc.constantFrom('k1', 'k2', 'nobody', 'other') }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 10, 400, 1000, 3000) }),
      fc.record({ do: fc.constant('outage' as const), answer: foreignAnswers }),
      fc.record({ do: fc.constant('over' as const) }),
    ),
    { minLength: 5, maxLength: 40 },
  )

  it.each(modes)(
    'law 3: no known caller is revoked, no unknown one let in, the operator told once, usage conserved, $mode',
    async ({ cache }) => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('deny', 'last-known'), steps, async (onUnavailable, schedule) => {
          const world = open({ cache: cache && { ...cache, staleMs: 60_000 }, onUnavailable })
          for (const key of ['k1', 'k2']) expect(await world.ask(key)).toBe('allow')
          let admitted = 2
          let met = false
          let outages = 0
          const end = () => {
            if (met) outages++
            met = false
            world.stranger = undefined
          }
          for (const step of schedule) {
            if (step.do === 'wait') await world.clock.advance(step.ms)
            if (step.do === 'over') end()
            if (step.do === 'outage') {
              world.stranger = () => {
                met = true
                return step.answer
              }
            }
            if (step.do === 'ask') {
              const code = await world.ask(step.key)
              const isKnown = step.key.startsWith('k')
              if (isKnown && cache !== false) expect(code).toBe('allow')
              else if (isKnown) expect(['allow', 'backend_unavailable']).toContain(code)
              else expect(['user_key_invalid', 'backend_unavailable']).toContain(code)
              if (code === 'allow') admitted++
            }
            // Lets a refresh in the background end.
            await world.clock.advance(0)
            expect(world.imbalance()).toBe(0)
            const told = world.lines.filter(({ facts }) => facts.contentType !== undefined).length
            // Until an answer of 3scale tells that it is over, a second outage is part of the first.
            expect(told).toBeLessThanOrEqual(outages + (met ? 1 : 0))
            if (outages + (met ? 1 : 0) > 0) expect(told).toBeGreaterThan(0)
          }
          end()
          await world.clock.advance(5000)
          expect(await world.ask('k1')).toBe('allow')
          await world.clock.advance(60_000)
          const again = world.lines.filter(({ message }) => message === 'the 3scale backend answers again').length
          expect(again).toBe(world.lines.filter(({ facts }) => facts.contentType !== undefined).length)
          const usage = world.emulator.usage()[SERVICE]!
          expect(usage.a1!.hits!.eternity + usage.a2!.hits!.eternity).toBe(admitted + 1)
          expect(world.gateway.stats().usage.hits).toMatchObject({ pending: 0, givenUp: 0, ambiguous: 0 })
          await world.gateway.close()
        }),
        { numRuns: Math.ceil(FUZZ_RUNS / 3) },
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})
