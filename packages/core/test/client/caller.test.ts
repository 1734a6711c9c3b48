import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ThreeScaleClient } from '../../src/index.ts'

const YES = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan></status>'

/** A backend that answers only when the test says so. */
async function slowBackend() {
  const answers: (() => void)[] = []
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    answers.push(() => {
      if (response.headersSent) return
      response.writeHead(200, { 'content-type': 'application/vnd.3scale-v2.0+xml' })
      response.end(YES)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new ThreeScaleClient({
    serviceId: '1',
    serviceToken: 't',
    backendUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    maxConnections: 1,
  })
  onTestFinished(async () => {
    for (const answer of answers) answer()
    await client.close()
    server.close()
  })
  const arrived = async (count: number) => {
    while (answers.length < count) await new Promise((resolve) => setImmediate(resolve))
  }
  return { client, answers, paths, arrived }
}

/** A caller that counts how often its signal is read. */
function watchedCaller() {
  const controller = new AbortController()
  let reads = 0
  return {
    abort: () => controller.abort(),
    reads: () => reads,
    get aborted() {
      return controller.signal.aborted
    },
    get signal() {
      reads++
      return controller.signal
    },
  }
}

test('a call never reads the signal of a caller that has `aborted`', async () => {
  const { client, answers, arrived } = await slowBackend()
  const caller = watchedCaller()
  const call = client.authrep({ userKey: 'k' }, { caller })
  await arrived(1)
  caller.abort()
  answers[0]?.()
  expect(await call).toMatchObject({ authorized: true })
  expect(caller.reads()).toBe(0)
})

test('law 3: a call that waits for a connection is not sent after its caller has disconnected', async () => {
  const { client, answers, paths, arrived } = await slowBackend()
  const first = client.authrep({ userKey: 'first' })
  await arrived(1)
  const caller = watchedCaller()
  const waiting = client.authrep({ userKey: 'leaves' }, { caller })
  const next = client.authrep({ userKey: 'stays' })
  caller.abort()
  answers[0]?.()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await arrived(2)
  answers[1]?.()
  expect(await Promise.all([first, next])).toMatchObject([{ authorized: true }, { authorized: true }])
  expect(paths.map((path) => /user_key=(\w+)/.exec(path)?.[1])).toEqual(['first', 'stays'])
})

test('nothing is sent for a caller that has already disconnected', async () => {
  const { client, paths } = await slowBackend()
  const caller = watchedCaller()
  caller.abort()
  await expect(client.authrep({ userKey: 'gone' }, { caller })).rejects.toMatchObject({ name: 'AbortError' })
  expect(paths).toEqual([])
  expect(caller.reads()).toBe(0)
})

test('the signal tells about a caller without `aborted`', async () => {
  const { client, paths } = await slowBackend()
  const caller = { signal: AbortSignal.abort() }
  await expect(client.authrep({ userKey: 'gone' }, { caller })).rejects.toMatchObject({ name: 'AbortError' })
  expect(paths).toEqual([])
})
