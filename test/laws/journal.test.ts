import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, type Gateway, type GatewayOptions, type JournalWriter } from '@threescale/core'
import { fileJournal } from '@threescale/journal'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TransportError } from '../../packages/core/src/errors.ts'
import { holdLock } from '../../packages/journal/src/directory/lock.ts'
import { createEmulatedBackend, type EmulatedBackend } from '../support/emulated-backend.ts'
import { eventually } from '../support/eventually.ts'
import { takeWarnings } from '../support/warnings.ts'

interface World extends EmulatedBackend {
  readonly directory: string
  open(options?: Partial<GatewayOptions>): Gateway
}

function createWorld(): World {
  const backend = createEmulatedBackend()
  const parent = mkdtempSync(join(tmpdir(), 'threescale-journal-'))
  const directory = join(parent, 'usage')
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return Object.assign(backend, {
    directory,
    open(options: Partial<GatewayOptions> = {}) {
      const gateway = createGateway({
        serviceId: '2555417',
        serviceToken: 'demo-token',
        cache: true,
        breaker: false,
        journal: fileJournal({ directory }),
        ...options,
        ...backend.seams,
      } as GatewayOptions)
      onTestFinished(async () => void (await gateway.close({ timeoutMs: 1 })))
      return gateway
    },
  })
}

async function ask(gateway: Gateway, key = 'good-key'): Promise<string> {
  const view = { method: 'GET', url: `/?user_key=${key}`, header: () => undefined, onAbort: () => () => {} }
  const decision = await gateway.evaluate(view as never)
  if (decision.outcome === 'allow') gateway.settle(decision, { status: 200 } as never)
  return decision.outcome === 'deny' ? decision.code : decision.outcome
}

/** A writer of a journal that keeps nothing. */
function writerThat(does: { retell?: (usage: unknown) => void } = {}): JournalWriter {
  const nothing = { book: () => {}, take: () => {}, settle: () => {}, retell: () => {} }
  const ends = { recover: async () => {}, stats: () => ({ state: 'working' }), close: async () => {} }
  return { ...nothing, ...ends, ...does } as unknown as JournalWriter
}

/** Ends a gateway whose backend is away, as a process ends that cannot report. */
async function endUnreported(world: World, gateway: Gateway): Promise<Readonly<Record<string, number>>> {
  world.fail = () => new TransportError('refused', { sent: false })
  const closing = gateway.close({ timeoutMs: 20 })
  for (let i = 0; i < 10; i++) await world.clock.advance(10)
  const { undelivered } = await closing
  world.fail = undefined
  return undelivered
}

/** A directory as it would be if its only process died now. */
async function leftNow({ directory }: World): Promise<string> {
  const left = `${directory}-left`
  const [owner] = readdirSync(directory)
  const folder = join(left, owner!)
  // The lock is made anew, under another name, because a socket cannot be copied and its end would remove it.
  cpSync(join(directory, owner!), `${folder}-new`, { recursive: true, filter: (path) => !path.endsWith('lock') })
  const lock = await holdLock(`${folder}-new`)
  renameSync(`${folder}-new`, folder)
  lock.release()
  return left
}

const usedBy = ({ emulator }: World, application: string, metric = 'hits') =>
  emulator.usage()['2555417']?.[application]?.[metric]?.day ?? 0

describe('law 16: usage that a gateway could not report', () => {
  it('law 7: counts against the limits of the next one, and is reported by it', async () => {
    const world = createWorld()
    const first = world.open()
    for (let i = 0; i < 3; i++) expect(await ask(first)).toBe('allow')
    expect(await endUnreported(world, first)).toEqual({ hits: 3 })
    expect(usedBy(world, 'good')).toBe(0)
    const second = world.open()
    // The limit is five a minute.
    const outcomes = []
    for (let i = 0; i < 4; i++) outcomes.push(await ask(second))
    expect(outcomes).toEqual(['allow', 'allow', 'limits_exceeded', 'limits_exceeded'])
    await world.clock.advance(30_000)
    expect(usedBy(world, 'good')).toBe(5)
    expect(second.stats().journal).toMatchObject({ state: 'working', recovered: 1, written: 2, unwritten: 0 })
  })

  it('is not told as lost, and is not counted twice by a third one', async () => {
    const world = createWorld()
    const first = world.open()
    await ask(first)
    await endUnreported(world, first)
    expect(first.stats().usage.hits).toMatchObject({ admitted: 0, givenUp: 0 })
    const second = world.open()
    await ask(second, 'unlimited-key')
    await world.clock.advance(30_000)
    await second.close()
    const third = world.open()
    await ask(third, 'unlimited-key')
    await world.clock.advance(30_000)
    expect([usedBy(world, 'good'), usedBy(world, 'unlimited')]).toEqual([1, 2])
  })

  it.each([
    ['responseCodes', { responseCodes: true }],
    ['usageAfter', { usageAfter: () => ({ tokens: 7 }) }],
  ])('is reported by the next one in direct mode, too (%s)', async (name, options) => {
    const world = createWorld()
    const first = world.open({ cache: false, ...options })
    expect(await ask(first)).toBe('allow')
    await endUnreported(world, first)
    const second = world.open({ cache: false })
    await ask(second, 'unlimited-key')
    await world.clock.advance(30_000)
    expect(usedBy(world, 'good', name === 'usageAfter' ? 'tokens' : 'hits')).toBe(name === 'usageAfter' ? 7 : 1)
  })

  it('of callers that no answer ever proved is told as lost by the next one', async () => {
    const world = createWorld()
    const first = world.open({ onUnavailable: 'allow' })
    world.fail = () => new TransportError('refused', { sent: false })
    expect(await ask(first, 'who-knows')).toBe('allow')
    await endUnreported(world, first)
    const second = world.open()
    await ask(second)
    expect(second.stats().usage.hits).toMatchObject({ admitted: 2, givenUp: 1 })
    expect(await takeWarnings()).toContain('THREESCALE_USAGE_GIVEN_UP_UNPROVEN')
  })

  it('is stamped anew where it is too old for 3scale', async () => {
    const world = createWorld()
    const first = world.open()
    await ask(first)
    await endUnreported(world, first)
    world.clock.skip(25 * 3_600_000)
    const second = world.open()
    await ask(second, 'unlimited-key')
    await world.clock.advance(30_000)
    expect(usedBy(world, 'good')).toBe(1)
  })
})

it('law 8: usage that is reported while other usage is still taken over is not reported by a third process', async () => {
  const world = createWorld()
  const first = world.open()
  for (let i = 0; i < 3; i++) await ask(first)
  await endUnreported(world, first)
  const inner = fileJournal({ directory: world.directory })
  let end: (() => void) | undefined
  const second = world.open({
    journal: {
      async open(host) {
        const writer = await inner.open(host)
        const { recover } = writer
        writer.recover = async () => {
          await recover.call(writer)
          await new Promise<void>((resolve) => {
            end = resolve
          })
        }
        return writer
      },
    },
  })
  const asked = ask(second, 'unlimited-key')
  await eventually(() => end !== undefined, 'the usage of the first is taken over')
  void second.flush()
  await eventually(() => usedBy(world, 'good') === 3, 'it is reported')
  const left = await leftNow(world)
  end!()
  await asked
  const third = world.open({ journal: fileJournal({ directory: left }) })
  await ask(third, 'unlimited-key')
  await world.clock.advance(30_000)
  expect(usedBy(world, 'good')).toBe(3)
})

it('law 11: nothing is written before the first request', async () => {
  const world = createWorld()
  const gateway = world.open()
  expect(existsSync(world.directory)).toBe(false)
  expect(gateway.stats().journal).toBeUndefined()
  await ask(gateway)
  expect(existsSync(world.directory)).toBe(true)
})

it('a journal that does not open delays decisions for five seconds at most, and is told all once it opens', async () => {
  const world = createWorld()
  const told: unknown[] = []
  let open: (() => void) | undefined
  const gateway = world.open({
    journal: {
      open: () =>
        new Promise((resolve) => {
          open = () => resolve(writerThat({ retell: (usage) => told.push(usage) }))
        }),
    },
  })
  const asked = ask(gateway)
  await world.clock.advance(5000)
  expect(await asked).toBe('allow')
  open!()
  await world.clock.advance(1)
  expect(told).toMatchObject([{ application: { id: 'good' } }])
})

it('law 17: requests that waited for a journal are decided in several turns of the event loop', async () => {
  const world = createWorld()
  let open: ((writer: JournalWriter) => void) | undefined
  const gateway = world.open({ journal: { open: () => new Promise((resolve) => (open = resolve)) } })
  let turn = 0
  let running = true
  const count = (): void => {
    turn++
    if (running) setImmediate(count)
  }
  const turns = new Set<number>()
  world.fail = () => {
    // As long as the decision of a thousand requests takes.
    for (const until = performance.now() + 6; performance.now() < until; );
    turns.add(turn)
    return undefined
  }
  const asked = ['good', 'unlimited', 'other'].map((key) => ask(gateway, `${key}-key`))
  setImmediate(count)
  open!(writerThat())
  await Promise.all(asked)
  running = false
  expect(turns.size).toBe(3)
})
