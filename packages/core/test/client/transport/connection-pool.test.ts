import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../../../../../test/support/eventually.ts'
import { closeServer } from '../../../../../test/support/listening.ts'
import { ManualClock, settled } from '../../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { type SocketBackend, sayYes, startBackend, startTcp } from '../../../../../test/support/socket-backend.ts'
import { DEFAULTS } from '../../../src/defaults.ts'
import { CLOCK } from '../../../src/primitives/clock.ts'
import { clientOf } from '../client-of.ts'

const caller = { userKey: 'k' }

/** A backend that keeps its answers until the test gives them. */
async function startHolding(): Promise<SocketBackend & { readonly held: (() => void)[]; release(): void }> {
  const held: (() => void)[] = []
  const backend = await startBackend((request, response) => void held.push(() => sayYes(request, response)))
  return Object.assign(backend, {
    held,
    release() {
      for (const answer of held.splice(0)) answer()
    },
  })
}

/** The backend's sockets are closed by their other side a moment later. */
const openAre = (backend: SocketBackend, count: number) =>
  eventually(() => backend.sockets.size === count, `${count} open connections`)

test('a backend that answers gets twice as many connections at each step while calls wait', async () => {
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: new ManualClock(0), maxConnections: 20 })
  const calls = Array.from({ length: 100 }, () => client.authrep(caller))
  for (const count of [4, 8, 16, 20, 20]) {
    await eventually(() => backend.held.length === count, `${count} calls at once`)
    await settled()
    expect(backend.connections).toBe(count)
    backend.release()
  }
  const rest = setInterval(() => backend.release(), 5)
  await Promise.all(calls)
  clearInterval(rest)
  expect(backend.connections).toBe(20)
})

test('one call after the other uses one connection', async () => {
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url)
  for (let n = 0; n < 20; n++) await client.authrep(caller)
  expect(backend.connections).toBe(1)
})

test('calls wait in the order in which they came', async () => {
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url, { maxConnections: 1 })
  await Promise.all(Array.from({ length: 20 }, (_, n) => client.authrep({ userKey: `k${n}` })))
  const order = backend.requests.map((request) => Number(/user_key=k(\d+)/.exec(request)![1]))
  expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

test('a caller waits behind its own calls, and behind one call of each other caller', async () => {
  const backend = await startBackend((request, response) => {
    if (request.method === 'GET') sayYes(request, response)
    else response.writeHead(202, { 'content-type': 'application/vnd.3scale-v2.0+xml' }).end()
  })
  const client = clientOf(backend.url, { maxConnections: 1 })
  const calls = ['busy', 'busy', 'busy', 'busy', 'one', 'two'].map((userKey) => client.authrep({ userKey }))
  await Promise.all([...calls, client.report([{ appId: 'a', usage: { hits: 1 } }])])
  const order = backend.requests.map((request) => /user_key=(\w+)/.exec(request)?.[1] ?? 'report')
  expect(order).toEqual(['busy', 'busy', 'one', 'two', 'report', 'busy', 'busy'])
})

test('a call is crowded out when it timed out in the line while the backend answered others', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock, maxConnections: 1 })
  const answerNext = async () => {
    await eventually(() => backend.held.length === 1, 'a call on the connection')
    backend.release()
  }
  const first = client.authrep({ userKey: 'first' })
  const busy = client.authrep({ userKey: 'busy' })
  const crowded = rejection(client.authrep({ userKey: 'busy' }))
  await clock.advance(DEFAULTS.timeoutMs / 2)
  const other = rejection(client.authrep({ userKey: 'other' }))
  await answerNext()
  await first
  await answerNext()
  await busy
  await eventually(() => backend.held.length === 1, 'the call of the other caller')
  const last = rejection(client.authrep({ userKey: 'last' }))
  await clock.advance(DEFAULTS.timeoutMs / 2)
  expect(await crowded).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: false, crowdedOut: true })
  await clock.advance(DEFAULTS.timeoutMs / 2)
  expect(await other).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true, crowdedOut: false })
  // The backend answered nothing while the last one waited, so that is an outage.
  expect(await last).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', crowdedOut: false })
})

test('a call that has less time left than two answers take is not sent', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock, maxConnections: 1 })
  const answerAfter = async (ms: number) => {
    await eventually(() => backend.held.length === 1, 'a call on the connection')
    await clock.advance(ms)
    backend.release()
  }
  for (let n = 0; n < 40; n++) {
    const call = client.authrep(caller)
    await answerAfter(200)
    await call
  }
  const calls = Array.from({ length: 5 }, () => client.authrep(caller))
  const ends = Promise.allSettled(calls)
  for (let n = 0; n < 4; n++) await answerAfter(200)
  const outcomes = await ends
  expect(outcomes.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected'])
  expect(outcomes[4]).toMatchObject({ reason: { sent: false, crowdedOut: true } })
  expect(clock.elapsed()).toBe(44 * 200)
})

test('a call that times out, is aborted or whose caller leaves while it waits is never sent', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock, maxConnections: 1 })
  const first = client.authrep({ userKey: 'first' })
  await eventually(() => backend.held.length === 1, 'the first call')
  await clock.advance(DEFAULTS.timeoutMs / 2)
  const abort = new AbortController()
  const source = { aborted: false }
  const aborted = rejection(client.authrep({ userKey: 'aborted' }, { signal: abort.signal }))
  const left = rejection(client.authrep({ userKey: 'left' }, { caller: source }))
  const last = client.authrep({ userKey: 'last' })
  abort.abort('gone')
  source.aborted = true
  expect(await aborted).toBe('gone')
  backend.release()
  await first
  expect(await left).toMatchObject({ name: 'AbortError' })
  await eventually(() => backend.held.length === 1, 'the last call')
  const late = rejection(client.authrep({ userKey: 'late' }))
  await clock.advance(DEFAULTS.timeoutMs / 4)
  backend.release()
  await last
  await eventually(() => backend.held.length === 1, 'the late call')
  const waiting = rejection(client.authrep({ userKey: 'waiting' }))
  await clock.advance((DEFAULTS.timeoutMs * 3) / 4)
  expect(await late).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true })
  await clock.advance(DEFAULTS.timeoutMs)
  expect(await waiting).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT' })
  expect(backend.requests.filter((request) => /aborted|left/.test(request))).toEqual([])
})

test('calls that wait for a connection that is never made time out and were not sent', async () => {
  const clock = new ManualClock(0)
  const backend = await startTcp(() => {})
  const client = clientOf(backend.url.replace('http:', 'https:'), { [CLOCK]: clock, maxConnections: 1 })
  const calls = [rejection(client.authrep(caller)), rejection(client.authrep(caller))]
  await eventually(() => backend.connections === 1, 'the connection')
  await clock.advance(DEFAULTS.timeoutMs)
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: false })
  }
})

test('over https a burst does not wait for one handshake after another', async () => {
  const clock = new ManualClock(0)
  const backend = await startTcp(() => {})
  const client = clientOf(backend.url.replace('http:', 'https:'), { [CLOCK]: clock })
  const calls = Array.from({ length: 70 }, () => rejection(client.authrep(caller)))
  await eventually(() => backend.connections === 64, '64 connections')
  await clock.advance(DEFAULTS.timeoutMs)
  await Promise.all(calls)
})

test('slow answers alone cost no connection', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock })
  const calls = Array.from({ length: 16 }, () => client.authrep(caller))
  for (const count of [4, 8]) {
    await eventually(() => backend.held.length === count, `${count} calls at once`)
    await clock.advance(DEFAULTS.timeoutMs / 4)
    backend.release()
  }
  await eventually(() => backend.held.length === 4, 'the last calls')
  await clock.advance(DEFAULTS.timeoutMs / 5)
  expect(backend.sockets.size).toBe(8)
  backend.release()
  await Promise.all(calls)
})

test('calls that time out together halve the number of connections once', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock })
  const calls = Array.from({ length: 12 }, () => client.authrep(caller).catch(() => 'failed'))
  await eventually(() => backend.held.length === 4, 'four calls at once')
  backend.release()
  await eventually(() => backend.held.length === 8, 'eight calls at once')
  await clock.advance(DEFAULTS.timeoutMs)
  expect((await Promise.all(calls)).filter((result) => result === 'failed')).toHaveLength(8)
  await openAre(backend, 0)
  backend.held.length = 0
  const more = Array.from({ length: 14 }, () => client.authrep(caller))
  await eventually(() => backend.held.length === 4, 'four calls at once')
  await settled()
  expect(backend.sockets.size).toBe(4)
  const rest = setInterval(() => backend.release(), 5)
  await Promise.all(more)
  clearInterval(rest)
})

test('connections beyond one end when they are idle for a quarter of the time-out', async () => {
  const clock = new ManualClock(0)
  const backend = await startHolding()
  const client = clientOf(backend.url, { [CLOCK]: clock })
  const calls = [client.authrep(caller), client.authrep(caller)]
  await eventually(() => backend.held.length === 2, 'both calls')
  backend.release()
  await Promise.all(calls)
  await clock.advance(DEFAULTS.timeoutMs / 4 - 1)
  expect(backend.sockets.size).toBe(2)
  await clock.advance(1)
  await openAre(backend, 1)
  await clock.advance(DEFAULTS.timeoutMs)
  expect(backend.sockets.size).toBe(1)
  expect(clock.timers).toBe(0)
})

test('a connection that has lived for connectionTtlMs ends after its call, and the name is looked up again', async () => {
  const clock = new ManualClock(0)
  const served: string[] = []
  const port = await listenOn('127.0.0.1', 0, served)
  await listenOn('127.0.0.2', port, served)
  let address = '127.0.0.1'
  const lookup = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((
      _host: string,
      options: { all?: boolean },
      done: (error: null, found: unknown, family?: number) => void,
    ) =>
      options.all === true
        ? done(null, [{ address, family: 4 }])
        : done(null, address, 4)) as unknown as typeof dns.lookup)
  onTestFinished(() => lookup.mockRestore())
  const client = clientOf(`http://backend.localhost:${port}`, { [CLOCK]: clock, connectionTtlMs: 30_000 })
  await client.authrep(caller)
  address = '127.0.0.2'
  await client.authrep(caller)
  expect(served).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(lookup).toHaveBeenCalledTimes(1)
  await clock.advance(30_000)
  await client.authrep(caller)
  expect(served).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.2'])
  expect(lookup).toHaveBeenCalledTimes(2)
})

/** A server that notes its own address with each call. */
async function listenOn(host: string, port: number, served: string[]): Promise<number> {
  const server = createServer((request, response: ServerResponse) => {
    served.push(host)
    sayYes(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  onTestFinished(() => closeServer(server))
  return (server.address() as AddressInfo).port
}

test('law 17: a connection does not hold the async context of the request that opened it', async () => {
  const requests = new AsyncLocalStorage<object>()
  const seen: unknown[] = []
  const onConnected = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    seen.push(requests.getStore())
    socket.on('data', () => seen.push(requests.getStore()))
    socket.on('close', () => seen.push(requests.getStore()))
  }
  subscribe('undici:client:connected', onConnected)
  onTestFinished(() => void unsubscribe('undici:client:connected', onConnected))
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url)
  const request = {}
  await requests.run(request, async () => {
    await Promise.all([client.authrep(caller), client.authrep(caller)])
    // What follows the call still runs in the request's context.
    expect(requests.getStore()).toBe(request)
  })
  for (const socket of backend.sockets) socket.destroy()
  await eventually(() => seen.length >= 6, 'the events of both connections')
  expect(seen.filter((store) => store !== undefined)).toEqual([])
})
