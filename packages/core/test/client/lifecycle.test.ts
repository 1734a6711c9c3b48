import { getActiveResourcesInfo } from 'node:process'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { sayYes, startBackend, TYPE } from '../../../../test/support/socket-backend.ts'
import { ClosedError, ReportError, ThreeScaleClient } from '../../src/index.ts'
import { clientOf } from './client-of.ts'

const caller = { userKey: 'k' }

test('law 11: a new client opens no socket and starts no timer', () => {
  const before = getActiveResourcesInfo().sort()
  const client = new ThreeScaleClient({ serviceId: '1', serviceToken: 't' })
  expect(getActiveResourcesInfo().sort()).toEqual(before)
  expect(client).toBeDefined()
})

test('close waits for running calls, then ends the connections', async () => {
  let answer: (() => void) | undefined
  const backend = await startBackend((request, response) => {
    answer = () => sayYes(request, response)
  })
  const client = clientOf(backend.url)
  const call = client.authrep(caller)
  await eventually(() => answer !== undefined, 'the call')
  const closing = client.close()
  answer!()
  expect(await call).toMatchObject({ authorized: true })
  await closing
  await eventually(() => backend.sockets.size === 0, 'the end of the connections')
})

test('every method of a closed client rejects with a ClosedError and sends nothing', async () => {
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url)
  await client.close()
  await client.close()
  expect(await rejection(client.authrep(caller))).toBeInstanceOf(ClosedError)
  expect(await rejection(client.authorize(caller))).toBeInstanceOf(ClosedError)
  expect(await rejection(client.report([{ appId: 'a', usage: { hits: 1 } }]))).toBeInstanceOf(ClosedError)
  expect(backend.connections).toBe(0)
})

test('a client that never called anything closes at once', async () => {
  await clientOf('http://127.0.0.1:1').close()
})

test('a report of several calls says what was not reported before close', async () => {
  let answer: (() => void) | undefined
  const backend = await startBackend((_request, response) => {
    answer = () => response.writeHead(202, { 'content-type': TYPE }).end()
  })
  const client = clientOf(backend.url)
  const transactions = [
    { appId: 'a', usage: { hits: 1 }, service: '1' },
    { appId: 'b', usage: { hits: 1 }, service: '2' },
  ]
  const report = client.report(transactions)
  await eventually(() => answer !== undefined, 'the call')
  const closing = client.close()
  answer!()
  const error = await rejection(report)
  expect(error).toBeInstanceOf(ReportError)
  expect(error).toMatchObject({ accepted: [transactions[0]], unreported: [transactions[1]], ambiguous: [] })
  await closing
})

test('can be disposed of', async () => {
  const client = clientOf('http://127.0.0.1:1')
  await client[Symbol.asyncDispose]()
  expect(await rejection(client.authorize(caller))).toBeInstanceOf(ClosedError)
})
