import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { TRANSPORT } from '../../src/client/transport/transport.ts'
import type { Allowed } from '../../src/decision/decision.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { CHANNELS } from '../../src/observe/channels.ts'
import { viewOf } from '../requests.ts'

const VIEW = viewOf({ url: '/words?user_key=unlimited-key' })
const SETTINGS = { serviceId: '2555417', serviceToken: 'demo-token' }
const requests = new AsyncLocalStorage<string>()
const objects = new AsyncLocalStorage<object>()

afterEach(() => void vi.useRealTimers())

/** The contexts in which messages of a channel arrive, until the test ends. */
function contextsOf(channel: string, matches: (message: never) => boolean = () => true): unknown[] {
  const contexts: unknown[] = []
  const note = (message: unknown) => {
    if (matches(message as never)) contexts.push(requests.getStore())
  }
  subscribe(channel, note)
  onTestFinished(() => void unsubscribe(channel, note))
  return contexts
}

it('law 17: reports belong to the context in which the gateway was made', async () => {
  const backend = createEmulatedBackend()
  const make = () => createGateway({ ...SETTINGS, cache: true, ...backend.seams })
  const gateway = requests.run('start', make)
  const reports = contextsOf(CHANNELS.report)
  const inTransport: unknown[] = []
  backend.fail = ({ path }) => {
    if (path.startsWith('/transactions.xml')) inTransport.push(requests.getStore())
    return undefined
  }
  for (let round = 0; round < 3; round++) {
    await requests.run(`request ${round}`, async () => gateway.evaluate(VIEW))
    await backend.clock.advance(10_000)
  }
  expect(reports).toEqual(['start', 'start', 'start'])
  expect(inTransport).toEqual(['start', 'start', 'start'])
  await gateway.close()
})

it('law 17: so do reports that a request starts, because too much waits', async () => {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ ...SETTINGS, cache: true, report: { maxPending: 1 }, ...backend.seams })
  const reports = contextsOf(CHANNELS.report)
  await requests.run('request', async () => {
    await gateway.evaluate(VIEW)
    await gateway.flush()
  })
  expect(reports).toEqual([undefined])
  await gateway.close()
})

it('law 17: a refresh belongs to the context in which the gateway was made, a first answer to its request', async () => {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ ...SETTINGS, cache: true, report: { intervalMs: 60_000 }, ...backend.seams })
  const refreshed = contextsOf(CHANNELS.cache, ({ event }: { event: string }) => event === 'refreshed')
  const asked: unknown[] = []
  backend.fail = ({ path }) => {
    if (path.includes('authorize')) asked.push(requests.getStore())
    return undefined
  }
  await requests.run('first', async () => gateway.evaluate(VIEW))
  await backend.clock.advance(10_000)
  requests.run('second', () => gateway.evaluate(VIEW))
  await backend.clock.advance(0)
  expect(refreshed).toEqual([undefined])
  expect(asked[0]).toBe('first')
  expect(asked.slice(1)).not.toContain('second')
  await gateway.close()
})

it('law 17: holds no request once its response has ended, while timers wait that it has started', async () => {
  const { seams } = createEmulatedBackend()
  const gateway = createGateway({ ...SETTINGS, cache: true, [TRANSPORT]: seams[TRANSPORT] } as never)
  let collected = false
  const registry = new FinalizationRegistry(() => {
    collected = true
  })
  const serve = async () => {
    const request = {}
    registry.register(request, undefined)
    await objects.run(request, async () => {
      const decision = (await gateway.evaluate(VIEW)) as Allowed
      decision.addUsage({ tokens: 1 })
      gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
    })
  }
  await serve()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await eventually(() => {
    collect()
    return collected
  }, 'the request being collected')
  expect(gateway.stats().usage.tokens).toMatchObject({ pending: 1 })
  await gateway.close()
})

it('fake timers work: a report is made when they have advanced, with the time that they show', async () => {
  vi.useFakeTimers({ now: new Date('2026-01-15T10:20:30Z') })
  const { emulator, seams } = createEmulatedBackend()
  const bodies: string[] = []
  const transport = seams[TRANSPORT]
  const counting = {
    request: (request: Parameters<typeof transport.request>[0]) => {
      if (request.body !== undefined) bodies.push(decodeURIComponent(request.body))
      return transport.request(request)
    },
  }
  const gateway = createGateway({ ...SETTINGS, cache: true, [TRANSPORT]: counting } as never)
  expect(await gateway.evaluate(VIEW)).toMatchObject({ outcome: 'allow' })
  await vi.advanceTimersByTimeAsync(9_000)
  expect(bodies).toEqual([])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(bodies.join()).toContain(`[timestamp]=${Date.UTC(2026, 0, 15, 10, 20) / 1000}`)
  expect(emulator.usage()['2555417']!.unlimited!.hits!.day).toBe(1)
  await gateway.close()
})
