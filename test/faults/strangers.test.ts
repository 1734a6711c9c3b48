/** Floods of made-up keys before a backend of two workers: what a known caller and the strangers get. */
import { createEmulator } from '@threescale/emulator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import type { GatewayOptions } from '../../packages/core/src/index.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { FUZZ_TIMEOUT_MS } from '../../packages/core/test/fuzz-runs.ts'
import { ManualClock, settled } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { startStarvingBackend } from '../support/starving-backend.ts'
import { SERVICE, stateOf } from '../support/world.ts'

const WORKERS = 2
/** How long an answer takes, in milliseconds. */
const ANSWER_MS = 100
/** Each case takes a tenth of a second. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2)

interface Arrivals {
  /** Made-up keys that come with each answer. */
  readonly flood: readonly number[]
  /** After which answers the known caller comes. */
  readonly known: ReadonlySet<number>
}

const arrivals: fc.Arbitrary<Arrivals> = fc.record({
  flood: fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat(80) }, fc.constant(0)), { minLength: 20, maxLength: 60 }),
  known: fc.array(fc.nat(60)).map((steps) => new Set(steps)),
})

async function open(options: Partial<GatewayOptions>) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const emulator = createEmulator({ state: stateOf({}), clock })
  const backend = await startStarvingBackend(WORKERS, ({ method, url, headers }, response) => {
    const answer = emulator.handle({ method: method!, target: url!, headers: headers as Record<string, string> })
    clock.schedule(() => void response.writeHead(answer.status, answer.headers).end(answer.body), ANSWER_MS)
  })
  const gateway = createGateway({
    serviceId: SERVICE,
    serviceToken: 'token',
    backendUrl: backend.url,
    logger: quietLogger,
    ...options,
    [CLOCK]: clock,
  } as object as GatewayOptions)
  return {
    gateway,
    async ask(key: string): Promise<string> {
      const decision = await gateway.evaluate({ method: 'GET', url: `/?user_key=${key}`, header: () => undefined })
      if (decision.outcome === 'deny') return decision.code
      gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
      return decision.outcome === 'allow' ? `allow by ${decision.source}` : decision.outcome
    },
    /** Lets the time of an answer pass, and what is written arrive. */
    async step(): Promise<void> {
      await clock.advance(ANSWER_MS)
      for (let turn = 0; turn < 4; turn++) await settled()
    },
  }
}

async function play({ flood, known }: Arrivals, options: Partial<GatewayOptions>) {
  const world = await open(options)
  let over = false
  const turn = async (asked: Promise<string>): Promise<string> => {
    const done = asked.finally(() => {
      over = true
    })
    for (over = false; !over; ) await world.step()
    return await done
  }
  expect(await turn(world.ask('k1'))).toBe('allow by backend')
  const strangers: Promise<string>[] = []
  const knowns: Promise<string>[] = []
  let made = 0
  for (const [step, count] of flood.entries()) {
    for (let n = 0; n < count; n++) strangers.push(world.ask(`made-up-${made++}`))
    if (known.has(step)) knowns.push(world.ask('k1'))
    await world.step()
  }
  const ended = Promise.all([Promise.all(strangers), Promise.all(knowns)])
  await turn(ended.then(() => ''))
  const [strangersGot, knownGot] = await ended
  let closed = false
  const closing = world.gateway.close().finally(() => {
    closed = true
  })
  while (!closed) await world.step()
  await closing
  return { strangersGot: new Set(strangersGot), knownGot: new Set(knownGot) }
}

const table = [false, { ttlMs: 500, staleMs: 1000 }].flatMap((cache) =>
  (['deny', 'last-known', 'allow'] as const).map((onUnavailable) => ({ cache, onUnavailable })),
)

describe.each(table)('law 10: strangers with a key each, cache: $cache, $onUnavailable', (options) => {
  it(
    'let known callers be answered, and get nothing but a denial',
    async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, async (given) => {
          const { strangersGot, knownGot } = await play(given, options)
          for (const got of strangersGot) expect(['user_key_invalid', 'overloaded']).toContain(got)
          for (const got of knownGot) expect(got).toMatch(/^allow by (backend|cache|stale)$/)
        }),
        { numRuns: RUNS },
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})
