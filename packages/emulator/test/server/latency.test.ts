import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => vi.useRealTimers())

test('a call waits for the latency before it is counted and answered, the control API does not', async () => {
  const emulator = createEmulator({ state: dictionary(), clock: noon, latencyMs: 300 })
  const server = createServer(emulator.handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ask = (path: string) => get({ port: (server.address() as AddressInfo).port, path, agent: false })
  const statusOf = async (request: ReturnType<typeof get>) => {
    const [response] = await once(request, 'response')
    response.resume()
    return response.statusCode
  }
  const arrived = once(server, 'request')
  const call = ask(authrep('usage[hits]=1'))
  const answered = statusOf(call)
  await arrived
  expect(await statusOf(ask('/emulator/api/usage'))).toBe(200)
  vi.advanceTimersByTime(299)
  expect(emulator.calls()).toEqual([])
  vi.advanceTimersByTime(1)
  expect(emulator.calls()).toHaveLength(1)
  expect(await answered).toBe(200)
  server.close()
})

test.each([-1, Number.NaN])('%s is no latency', (latencyMs) => {
  expect(() => createEmulator({ latencyMs })).toThrow('latencyMs must be a number of at least 0')
})
