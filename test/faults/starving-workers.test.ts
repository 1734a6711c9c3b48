import { expect, test } from 'vitest'
import { DEFAULTS } from '../../packages/core/src/defaults.ts'
import type { ThreeScaleClient } from '../../packages/core/src/index.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { clientOf } from '../../packages/core/test/client/client-of.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { rejection } from '../support/rejection.ts'
import { sayYes, TYPE } from '../support/socket-backend.ts'
import { startStarvingBackend } from '../support/starving-backend.ts'

const WORKERS = 2
/** Longer than a first answer may take while another connection is idle, in milliseconds; shorter than any deadline. */
const PATIENCE_MS = 25
/** Longer than the first pause after trouble. */
const PAUSE_MS = 600

/** The messages of the calls that failed. On a clock that stands still, a call that is starved never ends. */
async function failures(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(calls)
  return results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
}

function burst(client: ThreeScaleClient, count: number): Promise<string[]> {
  return failures(Array.from({ length: count }, (_, n) => client.authrep({ userKey: `k${n}` })))
}

test('64 cold callers of two workers: all are answered before any time has passed', async () => {
  const backend = await startStarvingBackend(WORKERS, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: new ManualClock(0) })
  expect(await burst(client, 64)).toEqual([])
  expect(backend.calls).toBe(64)
  expect(backend.mostOpen).toBeLessThanOrEqual(2 * WORKERS)
})

test('32 parallel callers of two workers: all are answered before any time has passed', async () => {
  const backend = await startStarvingBackend(WORKERS, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: new ManualClock(0) })
  const callers = Array.from({ length: 32 }, async () => {
    for (let n = 0; n < 25; n++) await client.authrep({ userKey: 'k' })
  })
  expect(await failures(callers)).toEqual([])
  expect(backend.calls).toBe(800)
  expect(backend.mostOpen).toBeLessThanOrEqual(2 * WORKERS)
  // The first two made way for the two that were starved.
  expect(backend.served).toHaveLength(2 * WORKERS)
  await eventually(() => backend.open === WORKERS, 'the end of the connections beyond the workers')
})

test('all of eight workers keep a connection after the starved ones have made way', async () => {
  const backend = await startStarvingBackend(8, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: new ManualClock(0) })
  const callers = Array.from({ length: 32 }, async () => {
    for (let n = 0; n < 25; n++) await client.authrep({ userKey: 'k' })
  })
  expect(await failures(callers)).toEqual([])
  expect(backend.served.length).toBeGreaterThan(8)
  await eventually(() => backend.open === 8, 'eight open connections')
})

test('after starvation no connection is opened beyond the workers until a pause is over', async () => {
  const clock = new ManualClock(0)
  const backend = await startStarvingBackend(WORKERS, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: clock })
  await burst(client, 64)
  await eventually(() => backend.open === WORKERS, 'the end of the connections beyond the workers')
  const before = backend.served.length
  expect(await burst(client, 64)).toEqual([])
  expect(backend.served).toHaveLength(before)

  await clock.advance(PAUSE_MS)
  expect(await burst(client, 64)).toEqual([])
  expect(backend.served.length).toBeGreaterThan(before)
  expect(backend.mostOpen).toBeLessThanOrEqual(2 * WORKERS)
})

test('workers that are added get connections once the pause is over', async () => {
  const clock = new ManualClock(0)
  const backend = await startStarvingBackend(WORKERS, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: clock })
  await burst(client, 64)
  await eventually(() => backend.open === WORKERS, 'the end of the connections beyond the workers')
  backend.addWorkers(6)
  await clock.advance(PAUSE_MS)
  const calls = burst(client, 200)
  await eventually(() => backend.calls > 64 + 190, 'answers')
  // The last connection that was tried may have been one too many.
  await clock.advance(PATIENCE_MS)
  expect(await calls).toEqual([])
  expect(backend.mostOpen).toBeGreaterThan(2 * WORKERS)
})

test('an idle connection makes way for one that waits for its first answer', async () => {
  const clock = new ManualClock(0)
  const backend = await startStarvingBackend(1, sayYes)
  const client = clientOf(backend.url, { [CLOCK]: clock })
  const calls = [client.authrep({ userKey: 'a' }), client.authrep({ userKey: 'b' })]
  await Promise.race(calls)
  await eventually(() => backend.open === 2, 'the second connection')
  await clock.advance(PATIENCE_MS)
  expect(await failures(calls)).toEqual([])
  expect(backend.served).toHaveLength(2)
  await eventually(() => backend.open === 1, 'the end of the idle connection')
})

test('law 3: a call on a connection that no worker serves is crowded out while the backend answers others', async () => {
  const clock = new ManualClock(0)
  const held: (() => void)[] = []
  const backend = await startStarvingBackend(1, (request, response) => void held.push(() => sayYes(request, response)))
  const client = clientOf(backend.url, { [CLOCK]: clock, maxConnections: 2 })
  const served = client.authrep({ userKey: 'served' })
  await eventually(() => held.length === 1, 'the first call')
  const starved = rejection(client.authrep({ userKey: 'starved' }))
  await eventually(() => backend.open === 2, 'the second connection')
  await clock.advance(DEFAULTS.timeoutMs / 10)
  const next = rejection(client.authrep({ userKey: 'next' }))
  held.shift()!()
  await served
  await eventually(() => held.length === 1, 'the next call on the same connection')
  await clock.advance(DEFAULTS.timeoutMs)
  expect(await starved).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true, crowdedOut: true })
  // This one was served, and got no answer.
  expect(await next).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true, crowdedOut: false })
})

test('calls of all kinds share the connections', async () => {
  const backend = await startStarvingBackend(1, (request, response) => {
    if (request.method === 'GET') return sayYes(request, response)
    response.writeHead(202, { 'content-type': TYPE }).end()
  })
  const client = clientOf(backend.url, { [CLOCK]: new ManualClock(0) })
  const calls = Array.from({ length: 16 }, (_, n) => [
    client.authrep({ userKey: 'k' }),
    client.authorize({ userKey: 'k' }),
    client.report([{ appId: `${n}`, usage: { hits: 1 } }]),
  ])
  expect(await failures(calls.flat())).toEqual([])
  expect(backend.calls).toBe(48)
})

test('connections that one client leaves idle make way for another client', async () => {
  const backend = await startStarvingBackend(WORKERS, sayYes)
  const clock = new ManualClock(0)
  const first = clientOf(backend.url, { [CLOCK]: clock })
  expect(await burst(first, 2)).toEqual([])
  const second = clientOf(backend.url, { [CLOCK]: new ManualClock(0) }).authrep({ userKey: 'c' })
  await eventually(() => backend.open === 3, 'the connection of the second client')
  expect(backend.served).toHaveLength(2)
  await clock.advance(DEFAULTS.timeoutMs / 4)
  expect(await failures([second])).toEqual([])
  expect(await burst(first, 1)).toEqual([])
  expect(backend.served).toHaveLength(3)
})
