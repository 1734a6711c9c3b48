/** Random schedules of everything that callers and the network can do to a gateway, and what must hold all the while. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createEmulator } from '@threescale/emulator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TRANSPORT } from '../../packages/core/src/client/transport/transport.ts'
import type { Decision } from '../../packages/core/src/decision/decision.ts'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import type { GatewayOptions } from '../../packages/core/src/index.ts'
import { CHANNELS } from '../../packages/core/src/observe/channels.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { FUZZ_TIMEOUT_MS } from '../../packages/core/test/fuzz-runs.ts'
import { CROWDS, createChaoticBackend, OUTAGES, TARGETS } from '../support/chaotic-backend.ts'
import { everythingOf } from '../support/everything-of.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { SERVICE, stateOf } from '../support/world.ts'

/** Of each mode and policy. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1)
const LIMIT = 12
const MAX_CALLS = 16
const TOKEN = 'SECRET-token'
const STATE = stateOf({
  token: TOKEN,
  limits: [{ metric: 'hits', period: 'day', value: LIMIT }],
  applications: ['a1', 'a2'].map((id) => ({ id, plan: 'p1', user_keys: [`SECRET-${id}`] })),
})

type Step =
  | { readonly do: 'ask'; readonly application: 'a1' | 'a2'; readonly leavesAfter: number | undefined }
  | { readonly do: 'flood'; readonly keys: number; readonly leave: boolean }
  | { readonly do: 'settle'; readonly all: boolean }
  | { readonly do: 'trouble'; readonly target: (typeof TARGETS)[number] | undefined; readonly kind: number }
  | { readonly do: 'latency'; readonly ms: number }
  | { readonly do: 'advance'; readonly ms: number }

const times = fc.oneof(fc.nat(300), fc.nat(3000), fc.nat(20_000))
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        application: fc.constantFrom('a1' as const, 'a2' as const),
        leavesAfter: fc.option(fc.nat(200), { nil: undefined }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('flood' as const), keys: fc.nat(40), leave: fc.boolean() }) },
    fc.record({ do: fc.constant('settle' as const), all: fc.boolean() }),
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('trouble' as const),
        target: fc.option(fc.constantFrom(...TARGETS), { nil: undefined }),
        kind: fc.nat(100),
      }),
    },
    fc.record({ do: fc.constant('latency' as const), ms: fc.constantFrom(0, 10, 200, 900) }),
    { weight: 5, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: times }) },
  ),
  { minLength: 10, maxLength: 60 },
)

class Chaos {
  readonly clock = new ManualClock('2026-03-10T10:20:30Z')
  readonly emulator = createEmulator({ state: STATE, clock: this.clock })
  readonly backend = createChaoticBackend(this.emulator, this.clock, (path) => path.includes('SECRET-a'))
  readonly said: unknown[] = []
  readonly allowed = { a1: 0, a2: 0 }
  readonly strangersGot: string[] = []
  readonly gateway
  readonly #kinds: readonly string[]
  readonly #unsettled: (() => void)[] = []
  readonly #running = new Set<Promise<void>>()
  #made = 0

  constructor(options: Partial<GatewayOptions>, kinds: readonly string[]) {
    this.#kinds = kinds
    const say = (...words: unknown[]) => void this.said.push(words)
    this.gateway = createGateway({
      serviceId: SERVICE,
      serviceToken: TOKEN,
      maxCalls: MAX_CALLS,
      logger: { debug: say, info: say, warn: say, error: say },
      ...options,
      [CLOCK]: this.clock,
      [TRANSPORT]: this.backend.transport,
    } as object as GatewayOptions)
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case 'ask':
        return this.#ask(`SECRET-${step.application}`, step.leavesAfter, ({ outcome }) => {
          if (outcome === 'allow') this.allowed[step.application]++
        })
      case 'flood':
        for (let n = 0; n < step.keys; n++) {
          this.#ask(`SECRET-made-up-${this.#made++}`, step.leave ? n : undefined, (decision) => {
            this.strangersGot.push(decision.outcome === 'deny' ? decision.code : decision.outcome)
          })
        }
        return
      case 'settle':
        for (const settle of this.#unsettled.splice(0, step.all ? Number.POSITIVE_INFINITY : 1)) settle()
        return
      case 'trouble': {
        const kind = this.#kinds[step.kind % this.#kinds.length]
        this.backend.trouble = step.target === undefined ? undefined : ({ target: step.target, kind } as never)
        return
      }
      case 'latency':
        this.backend.latencyMs = step.ms
        return
      case 'advance':
        return await this.clock.advance(step.ms)
    }
  }

  #ask(key: string, leavesAfter: number | undefined, note: (decision: Decision) => void): void {
    const view = { method: 'GET', url: `/?user_key=${key}`, header: () => undefined, aborted: false }
    if (leavesAfter !== undefined) {
      this.clock.schedule(() => {
        view.aborted = true
      }, leavesAfter)
    }
    const running = (async () => {
      const decision = await this.gateway.evaluate(view)
      note(decision)
      if (decision.outcome === 'deny') this.said.push(decision)
      const response = { status: 200, finished: !view.aborted, header: () => undefined }
      if (decision.outcome === 'allow') this.#unsettled.push(() => this.gateway.settle(decision, response))
    })()
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  imbalance(): number {
    const sums = this.gateway.stats().usage.hits
    if (sums === undefined) return 0
    const { admitted, acknowledged, inFlight, ambiguous, pending, givenUp } = sums
    return admitted - acknowledged - inFlight - ambiguous - pending - givenUp
  }

  /** Whatever happened, all is well a while after the trouble has ended. */
  async recover(): Promise<void> {
    this.backend.trouble = undefined
    this.backend.latencyMs = 0
    await this.clock.advance(120_000)
    expect(this.#running.size, 'requests without a decision').toBe(0)
    for (const settle of this.#unsettled.splice(0)) settle()
    // One call closes the breaker.
    await this.play({ do: 'flood', keys: 1, leave: false })
    await this.clock.advance(100)
    const decided: Decision[] = []
    this.#ask('SECRET-made-up', undefined, (decision) => void decided.push(decision))
    this.#ask('SECRET-a1', undefined, (decision) => {
      decided.push(decision)
      if (decision.outcome === 'allow') this.allowed.a1++
    })
    await this.clock.advance(20_000)
    const codes = decided.map((each) => (each.outcome === 'deny' ? each.code : each.outcome))
    expect(codes).toContain('user_key_invalid')
    expect(codes.some((code) => code === 'allow' || code === 'limits_exceeded')).toBe(true)
    await this.play({ do: 'settle', all: true })
    const closing = this.gateway.close()
    await this.clock.advance(10_000)
    await closing
  }

  /** What 3scale has counted today for an application. */
  counted(application: 'a1' | 'a2'): number {
    return this.emulator.usage()[SERVICE]?.[application]?.hits?.day ?? 0
  }
}

async function play(script: readonly Step[], options: Partial<GatewayOptions>, kinds: readonly string[]) {
  const chaos = new Chaos(options, kinds)
  const note = (message: unknown) => void chaos.said.push(message)
  for (const channel of Object.values(CHANNELS)) subscribe(channel, note)
  try {
    for (const application of ['a1', 'a2'] as const) {
      await chaos.play({ do: 'ask', application, leavesAfter: undefined })
      await chaos.play({ do: 'advance', ms: 10 })
    }
    for (const step of script) {
      await chaos.play(step)
      expect(chaos.imbalance(), 'law 8').toBe(0)
    }
    await chaos.recover()
  } finally {
    for (const channel of Object.values(CHANNELS)) unsubscribe(channel, note)
  }
  expect(chaos.imbalance(), 'law 8').toBe(0)
  expect(chaos.gateway.stats().usage.hits ?? {}, 'law 8').toMatchObject({ pending: 0, inFlight: 0 })
  expect(everythingOf(chaos.said), 'law 5').not.toContain('SECRET')
  expect(chaos.backend.mostQuestions, 'law 10').toBeLessThanOrEqual(MAX_CALLS + 1)
  return chaos
}

const CACHE = { ttlMs: 2000, staleMs: 20_000 }
const table = [false, CACHE].flatMap((cache) =>
  (['deny', 'last-known', 'allow'] as const).flatMap((onUnavailable) =>
    [false, true].map((responseCodes) => ({ cache, onUnavailable, responseCodes })),
  ),
)

/** A foreign answer to the clean probe is an outage to whose call caused it. */
function saysNothing({ target, kind }: Extract<Step, { do: 'trouble' }>): boolean {
  return target !== 'all' && (target !== 'probes' || CROWDS[kind % CROWDS.length] !== 'foreign')
}

describe.each(table)('chaos, cache: $cache, $onUnavailable, response codes: $responseCodes', (options) => {
  const exact = options.cache !== false && !options.responseCodes

  it(
    'law 3, 5, 8, 10: floods, lost calls and foreign answers let no stranger in while 3scale answers',
    async () => {
      const property = fc.asyncProperty(steps, async (script) => {
        const { strangersGot } = await play(
          script.filter((step) => step.do !== 'trouble' || saysNothing(step)),
          // One failure would open the door.
          { ...options, breaker: { failures: 1, openMs: 5000 } },
          CROWDS,
        )
        expect(new Set(strangersGot), 'law 3').not.toContain('allow')
      })
      await fc.assert(property, { numRuns: RUNS })
    },
    Math.max(FUZZ_TIMEOUT_MS, RUNS * 500),
  )

  it(
    'law 5, 7, 8, 10: hold through outages',
    async () => {
      const property = fc.asyncProperty(steps, async (script) => {
        const chaos = await play(script, options, [...CROWDS, ...OUTAGES])
        if (!exact) return
        for (const application of ['a1', 'a2'] as const) {
          expect(chaos.allowed[application], 'law 7').toBeLessThanOrEqual(LIMIT)
          expect(chaos.counted(application), 'law 7').toBeLessThanOrEqual(LIMIT)
        }
      })
      await fc.assert(property, { numRuns: RUNS })
    },
    Math.max(FUZZ_TIMEOUT_MS, RUNS * 500),
  )
})
