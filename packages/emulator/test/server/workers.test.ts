import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'

let emulator: Emulator | undefined
let port: number
let sockets: Socket[]

beforeEach(() => {
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await emulator?.close()
})

async function listen(workers: number): Promise<void> {
  emulator = createEmulator({ state: dictionary(), clock: noon, workers })
  port = Number(new URL(await emulator.listen()).port)
}

/** A connection that stays open; `answers` waits until it has brought this many answers, and gives their statuses. */
async function open() {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const statuses = () => [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
  return {
    socket,
    statuses,
    send: (target: string) => socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    async answers(count: number) {
      while (statuses().length < count) await once(socket, 'data')
      return statuses()
    },
  }
}

const counted = () => emulator?.usage()['1001']?.app?.hits?.day

describe('with workers', () => {
  test('a worker stays with its connection, and the next one waits until that ends', async () => {
    await listen(1)
    const [first, second, control] = [await open(), await open(), await open()]
    first.send(authrep('usage[hits]=1'))
    expect(await first.answers(1)).toEqual([200])
    second.send(authrep('usage[hits]=10'))
    // The control API answers meanwhile, and so does the first connection.
    control.send('/emulator/api/calls')
    expect(await control.answers(1)).toEqual([200])
    first.send(authrep('usage[hits]=1'))
    expect(await first.answers(2)).toEqual([200, 200])
    expect([counted(), second.statuses()]).toEqual([2, []])
    first.socket.end()
    expect(await second.answers(1)).toEqual([200])
    expect(counted()).toBe(12)
  })

  test('as many connections are served as there are workers', async () => {
    await listen(2)
    const all = [await open(), await open(), await open()]
    all[0]!.send(authrep('usage[hits]=1'))
    await all[0]!.answers(1)
    all[1]!.send(authrep('usage[hits]=1'))
    await all[1]!.answers(1)
    all[2]!.send(authrep('usage[hits]=1'))
    all[0]!.send(authrep('usage[hits]=1'))
    await all[0]!.answers(2)
    expect(all[2]!.statuses()).toEqual([])
    all[1]!.socket.destroy()
    expect(await all[2]!.answers(1)).toEqual([200])
  })

  test('a connection that ends while it waits takes no worker', async () => {
    await listen(1)
    const [first, second, third] = [await open(), await open(), await open()]
    first.send(authrep('usage[hits]=1'))
    await first.answers(1)
    second.send(authrep('usage[hits]=10'))
    third.send(authrep('usage[hits]=100'))
    second.socket.resetAndDestroy()
    first.send(authrep('usage[hits]=1'))
    await first.answers(2)
    first.socket.end()
    expect(await third.answers(1)).toEqual([200])
    expect([102, 112]).toContain(counted())
  })

  test('requests that are sent at once on a connection that waits are answered in their order', async () => {
    await listen(1)
    const [first, second] = [await open(), await open()]
    first.send('/status')
    await first.answers(1)
    second.socket.write(
      [authrep('usage[hits]=1'), authrep('usage[hits]=1', 'unknown'), '/nope']
        .map((target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        .join(''),
    )
    first.socket.end()
    expect(await second.answers(3)).toEqual([200, 403, 404])
  })

  test('close ends connections that are served and those that wait', async () => {
    await listen(1)
    const [first, second] = [await open(), await open()]
    first.send('/status')
    await first.answers(1)
    second.send('/status')
    const closed = Promise.all(
      [first, second].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))),
    )
    await emulator!.close()
    await closed
  })

  test.each([0, -1, 1.5, Number.NaN])('%s is no number of workers', (workers) => {
    expect(() => createEmulator({ workers })).toThrow(RangeError)
  })
})
