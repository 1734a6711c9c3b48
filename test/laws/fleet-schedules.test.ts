/** Random schedules of gateways that share a store, whose commands are lost, repeated and refused. */
import type { Gateway } from '@threescale/core'
import { redisStore } from '@threescale/redis'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../packages/core/test/fuzz-runs.ts'
import { callOf, createFleet, type Fleet, isAllowed } from '../support/fleet.ts'
import { ModelRedis } from '../support/model-redis.ts'
import { stateOf } from '../support/world.ts'

const LIMIT = 30
const STATE = stateOf({
  limits: [
    { metric: 'hits', period: 'day', value: LIMIT },
    { metric: 'hits', period: 'eternity', value: 10 * LIMIT },
  ],
})

const unavailable = () => ({ status: 503, headers: {}, body: Buffer.alloc(0) })

type Step =
  | { readonly do: 'ask'; readonly gateway: number; readonly times: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'join' }
  | { readonly do: 'leave'; readonly gateway: number }
  | { readonly do: 'wire'; readonly fault: Fault }
  | { readonly do: '3scale'; readonly answers: boolean }

/** What happens to commands from now on. */
type Fault = 'none' | 'refused' | 'lost answers' | 'some lost'

const gateway = fc.nat(5)
const calm: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('ask' as const), gateway, times: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 500, 3000, 12_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'join' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), gateway }) },
)
const rough: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: calm },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wire' as const),
      fault: fc.constantFrom<Fault>('none', 'none', 'refused', 'lost answers', 'some lost'),
    }),
  },
)

const outages: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: calm },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('3scale' as const), answers: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const, ms: 70_000 }) },
)

class Schedule {
  readonly fleet: Fleet
  readonly #asked: Promise<void>[] = []
  readonly #open: Gateway[]
  admitted = 0
  /** Requests that were denied because of the limit, while so many were admitted. */
  readonly denials: number[] = []
  #fault: Fault = 'none'
  #commands = 0

  constructor(processes: number, onUnavailable: 'deny' | 'last-known' = 'deny') {
    let redis: ModelRedis | undefined
    this.fleet = createFleet({
      state: STATE,
      processes,
      options: { onUnavailable },
      openStore: (clock) => {
        redis ??= new ModelRedis(clock)
        const { send } = redis
        return redisStore({ send: (command) => this.#send(send, command) })
      },
    })
    this.#open = [...this.fleet.gateways]
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.do === 'ask') this.#ask(this.#pick(step.gateway), step.times)
      else if (step.do === 'wait') await this.pass(step.ms)
      else if (step.do === 'join') this.#open.push(this.fleet.join())
      else if (step.do === 'wire') this.#fault = step.fault
      else if (step.do === '3scale') this.fleet.fault = step.answers ? undefined : unavailable
      else await this.#leave(step.gateway)
    }
  }

  /** The wire works again, and all requests are answered. */
  async settle(): Promise<void> {
    this.#fault = 'none'
    this.fleet.fault = undefined
    await this.pass(10_000)
    await Promise.all(this.#asked)
  }

  /** Asks one gateway until it denies. */
  async exhaust(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      this.#ask(this.#pick(0), LIMIT + 1)
      await this.settle()
    }
  }

  async pass(ms: number): Promise<void> {
    const { clock } = this.fleet
    for (const end = clock.elapsed() + ms; clock.elapsed() < end; ) {
      await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(Math.min(100, end - clock.elapsed()))
    }
  }

  #pick(index: number): Gateway {
    return this.#open[index % this.#open.length]!
  }

  #ask(gateway: Gateway, times: number): void {
    for (let i = 0; i < times; i++) {
      this.#asked.push(
        Promise.resolve(gateway.evaluate(callOf('k1'))).then((decision) => {
          if (isAllowed(decision)) this.admitted += 1
          else if (decision.outcome === 'deny' && decision.status === 429) this.denials.push(this.admitted)
        }),
      )
    }
  }

  async #leave(index: number): Promise<void> {
    if (this.#open.length < 2) return
    const [gateway] = this.#open.splice(index % this.#open.length, 1)
    const closing = gateway!.close()
    await this.pass(6000)
    await closing
  }

  async #send(send: ModelRedis['send'], command: readonly string[]): Promise<unknown> {
    this.#commands += 1
    const fault =
      this.#fault === 'some lost' ? (['none', 'refused', 'lost answers'] as const)[this.#commands % 3]! : this.#fault
    if (fault === 'refused') throw new Error('connect ECONNREFUSED')
    const answer = send(command)
    if (fault !== 'lost answers') return await answer
    await answer.catch(() => {})
    return await new Promise(() => {})
  }
}

it(
  'law 15: exactly the limit is admitted, whichever gateways ask, join and leave',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(calm, { maxLength: 30 }), async (processes, steps) => {
        const schedule = new Schedule(processes)
        await schedule.run(steps)
        await schedule.settle()
        await schedule.exhaust()
        expect(schedule.admitted).toBe(LIMIT)
        for (const admitted of schedule.denials) expect(admitted).toBe(LIMIT)
      }),
      { numRuns: Math.ceil(FUZZ_RUNS / 20) },
    )
  },
  3 * FUZZ_TIMEOUT_MS,
)

it(
  'law 15: no more than the limit is admitted, and in the end all of it, whatever happens on the wire',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(rough, { maxLength: 30 }), async (processes, steps) => {
        const schedule = new Schedule(processes)
        await schedule.run(steps)
        await schedule.settle()
        expect(schedule.admitted).toBeLessThanOrEqual(LIMIT)
        await schedule.exhaust()
        expect(schedule.admitted).toBe(LIMIT)
      }),
      { numRuns: Math.ceil(FUZZ_RUNS / 20) },
    )
  },
  3 * FUZZ_TIMEOUT_MS,
)

it(
  "law 15: exactly the limit is admitted under 'last-known', however long 3scale does not answer",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(outages, { maxLength: 30 }),
        async (processes, steps) => {
          const schedule = new Schedule(processes, 'last-known')
          await schedule.run(steps)
          await schedule.settle()
          await schedule.exhaust()
          expect(schedule.admitted).toBe(LIMIT)
          for (const admitted of schedule.denials) expect(admitted).toBe(LIMIT)
        },
      ),
      { numRuns: Math.ceil(FUZZ_RUNS / 20) },
    )
  },
  3 * FUZZ_TIMEOUT_MS,
)
