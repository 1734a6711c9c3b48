import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Agent, Pool } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../../../test/support/eventually.ts'
import { ManualClock } from '../../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { sayYes, startBackend, startTcp, TYPE, YES } from '../../../../../test/support/socket-backend.ts'
import { MAX_BODY_BYTES } from '../../../src/client/transport/transport.ts'
import { DEFAULTS } from '../../../src/defaults.ts'
import { BackendError, ProtocolError, TimeoutError, TransportError } from '../../../src/index.ts'
import { CLOCK } from '../../../src/primitives/clock.ts'
import { clientOf } from '../client-of.ts'

const caller = { userKey: 'k' }
const DEADLINE_MS = DEFAULTS.timeoutMs

/** Runs a task at the next message of an undici channel, which says how far a call has got. */
function onceUndici(channel: string, task: () => void): void {
  const listener = (): void => {
    unsubscribe(channel, listener)
    task()
  }
  subscribe(channel, listener)
}

test('a refused connection is a TransportError, and nothing was sent', async () => {
  const error = await rejection(clientOf('http://127.0.0.1:1').authrep(caller))
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({
    code: 'ERR_THREESCALE_TRANSPORT',
    sent: false,
    retryable: true,
    cause: { code: 'ECONNREFUSED', syscall: 'connect' },
  })
})

test('a name that does not resolve is a TransportError, and nothing was sent', async () => {
  const dispatcher = new Pool('http://backend.localhost', {
    connect: {
      lookup: (_host, _options, done) =>
        done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []),
    },
  })
  onTestFinished(() => dispatcher.destroy())
  const error = await rejection(clientOf('http://backend.localhost', { dispatcher }).authrep(caller))
  expect(error).toMatchObject({ code: 'ERR_THREESCALE_TRANSPORT', sent: false, cause: { code: 'ENOTFOUND' } })
})

test('a server that never answers is a TimeoutError, and everything may have been sent', async () => {
  const clock = new ManualClock(0)
  const backend = await startBackend(() => {})
  const call = rejection(clientOf(backend.url, { [CLOCK]: clock }).authrep(caller))
  await eventually(() => backend.requests.length === 1, 'the call')
  await clock.advance(DEADLINE_MS)
  const error = await call
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true, retryable: true })
})

test('a server that never finishes the TLS handshake is a TimeoutError, and nothing was sent', async () => {
  const clock = new ManualClock(0)
  const backend = await startTcp(() => {})
  const client = clientOf(backend.url.replace('http:', 'https:'), { [CLOCK]: clock })
  const call = rejection(client.authrep(caller))
  await eventually(() => backend.connections === 1, 'the connection')
  await clock.advance(DEADLINE_MS)
  expect(await call).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: false })
})

test('the deadline covers an answer that trickles in', async () => {
  const clock = new ManualClock(0)
  const backend = await startBackend((_request, response) => {
    response.writeHead(200, { 'content-type': TYPE })
    const trickle = setInterval(() => response.write('<'), 1)
    response.on('close', () => clearInterval(trickle))
  })
  const client = clientOf(backend.url, { [CLOCK]: clock })
  onceUndici('undici:request:headers', () => void clock.advance(DEADLINE_MS))
  expect(await rejection(client.authrep(caller))).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: true })
})

test('a client without a clock of its own keeps its deadline', async () => {
  const backend = await startBackend(() => {})
  expect(await rejection(clientOf(backend.url, { timeoutMs: 20 }).authrep(caller))).toBeInstanceOf(TimeoutError)
})

test('a connection that is reset after the request is a TransportError, and everything may have been sent', async () => {
  const backend = await startBackend((request) => request.socket.resetAndDestroy())
  const error = await rejection(clientOf(backend.url).authrep(caller))
  expect(error).toMatchObject({ code: 'ERR_THREESCALE_TRANSPORT', sent: true })
  expect(backend.requests).toHaveLength(1)
})

test('law 4: an answer that ends before its length does not authorize', async () => {
  const backend = await startBackend((_request, response) => {
    response.writeHead(200, { 'content-type': TYPE, 'content-length': YES.length + 1 })
    response.write(YES, () => response.destroy())
  })
  const error = await rejection(clientOf(backend.url).authrep(caller))
  expect(error).toMatchObject({ code: 'ERR_THREESCALE_TRANSPORT', sent: true })
})

test('law 3: a refusal whose body is cut off or never arrives is still a denial', async () => {
  const clock = new ManualClock(0)
  const backend = await startBackend((request, response) => {
    response.writeHead(403, { 'content-type': 'text/html', 'content-length': 1000 })
    response.write('<html>', () => {
      if (request.url!.includes('user_key=cut')) response.destroy()
    })
  })
  const client = clientOf(backend.url, { [CLOCK]: clock })
  expect(await client.authrep({ userKey: 'cut' })).toMatchObject({ authorized: false, status: 403, code: 'forbidden' })
  onceUndici('undici:request:headers', () => void clock.advance(DEADLINE_MS))
  expect(await client.authrep({ userKey: 'slow' })).toMatchObject({ authorized: false, status: 403, code: 'forbidden' })
})

test('an error status counts although its body never arrives', async () => {
  const clock = new ManualClock(0)
  const backend = await startBackend((_request, response) => {
    response.writeHead(503, { 'retry-after': '7', 'content-length': 1000 }).flushHeaders()
  })
  onceUndici('undici:request:headers', () => void clock.advance(DEADLINE_MS))
  const error = await rejection(clientOf(backend.url, { [CLOCK]: clock }).authrep(caller))
  expect(error).toBeInstanceOf(BackendError)
  expect(error).toMatchObject({ status: 503, retryAfterMs: 7000 })
})

test('sequential calls reuse their connections', async () => {
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url)
  for (let n = 0; n < 20; n++) await client.authrep(caller)
  expect(backend.requests).toHaveLength(20)
  // undici's pool frees a connection one turn after the answer, so calls without a pause alternate between two.
  expect(backend.connections).toBeLessThanOrEqual(2)
})

test('a connection that the server closed while it was idle costs no call', async () => {
  const backend = await startBackend(sayYes)
  const client = clientOf(backend.url)
  await client.authrep(caller)
  for (const socket of backend.sockets) socket.destroy()
  expect(await client.authrep(caller)).toMatchObject({ authorized: true })
  expect(backend.connections).toBe(2)
})

test('a connection that breaks under a second call: an authorize is sent again, an authrep never', async () => {
  const broken = new Set<unknown>()
  const backend = await startBackend((request, response) => {
    if (request.url!.includes('first')) return sayYes(request, response)
    if (broken.has(request.url)) return sayYes(request, response)
    broken.add(request.url)
    request.socket.destroy()
  })
  const client = clientOf(backend.url)
  await client.authrep({ userKey: 'first' })
  expect(await client.authorize({ userKey: 'a' })).toMatchObject({ authorized: true })
  expect(await rejection(client.authrep({ userKey: 'b' }))).toMatchObject({ sent: true })
  expect(backend.requests.filter((request) => request.includes('user_key=b'))).toHaveLength(1)
})

test('law 4: a redirect is not followed and does not authorize', async () => {
  const other = await startBackend(sayYes)
  const backend = await startBackend((request, response) => {
    response.writeHead(302, { location: `${other.url}${request.url}` }).end()
  })
  const error = await rejection(clientOf(backend.url).authrep(caller))
  expect(error).toBeInstanceOf(ProtocolError)
  expect(error).toMatchObject({ status: 302 })
  expect(other.requests).toEqual([])
})

test('a compressed body is refused: a 200 does not authorize, a 403 is not read', async () => {
  const backend = await startBackend((request, response) => {
    const status = request.url!.includes('user_key=bad') ? 403 : 200
    const headers = { 'content-type': TYPE, 'content-encoding': 'gzip', '3scale-rejection-reason': 'user_key_invalid' }
    response.writeHead(status, headers).end(gzipSync(YES))
  })
  const client = clientOf(backend.url)
  expect(await rejection(client.authrep(caller))).toBeInstanceOf(ProtocolError)
  expect(await client.authrep({ userKey: 'bad' })).toMatchObject({ authorized: false, code: 'user_key_invalid' })
})

test('reading ends at 256 KiB: a 200 does not authorize, a 403 denies', async () => {
  const backend = await startBackend((request, response) => {
    response.writeHead(request.url!.includes('user_key=bad') ? 403 : 200, { 'content-type': TYPE })
    response.end(YES.replace('Basic', 'x'.repeat(MAX_BODY_BYTES)))
  })
  const client = clientOf(backend.url)
  const error = await rejection(client.authrep(caller))
  expect(error).toBeInstanceOf(ProtocolError)
  expect(String(error)).toContain(`over ${MAX_BODY_BYTES} bytes`)
  expect(await client.authrep({ userKey: 'bad' })).toMatchObject({ authorized: false, code: 'forbidden' })
})

test('an informational answer before the real one is ignored', async () => {
  const backend = await startBackend((request, response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' })
    sayYes(request, response)
  })
  expect(await clientOf(backend.url).authrep(caller)).toMatchObject({ authorized: true, status: 200 })
})

test('a server that does not speak HTTP is a TransportError', async () => {
  const backend = await startTcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
  expect(await rejection(clientOf(backend.url).authrep(caller))).toMatchObject({
    code: 'ERR_THREESCALE_TRANSPORT',
    sent: true,
  })
})

test('a call whose signal is aborted already is not sent', async () => {
  const backend = await startBackend(sayYes)
  const reason = new Error('gone')
  const call = { signal: AbortSignal.abort(reason) }
  expect(await rejection(clientOf(backend.url).authrep(caller, call))).toBe(reason)
  expect(backend.connections).toBe(0)
})

test('an abort of a written call rejects with its reason, ends its connection, and is not sent again', async () => {
  let hanging: Socket | undefined
  const backend = await startBackend((request, response) => {
    if (request.url!.includes('user_key=hang')) hanging = request.socket
    else sayYes(request, response)
  })
  const client = clientOf(backend.url)
  const abort = new AbortController()
  const call = client.authorize({ userKey: 'hang' }, { signal: abort.signal })
  await eventually(() => hanging !== undefined, 'the call')
  const other = client.authrep(caller)
  abort.abort()
  expect(await rejection(call)).toMatchObject({ name: 'AbortError' })
  expect(await other).toMatchObject({ authorized: true })
  await eventually(() => !backend.sockets.has(hanging!), 'the end of its connection')
  expect(backend.requests.filter((request) => request.includes('user_key=hang'))).toHaveLength(1)
})

test('with whenSent finish an abort lets a written call finish, and drops one that is not written', async () => {
  let answer: (() => void) | undefined
  const backend = await startBackend((request, response) => {
    answer = () => sayYes(request, response)
  })
  const client = clientOf(backend.url, { maxConnections: 1 })
  const abort = new AbortController()
  const call = { signal: abort.signal, whenSent: 'finish' } as const
  const onTheWire = client.authrep({ userKey: 'first' }, call)
  await eventually(() => answer !== undefined, 'the call')
  const waiting = client.authrep({ userKey: 'second' }, call)
  abort.abort('gone')
  expect(await rejection(waiting)).toBe('gone')
  answer!()
  expect(await onTheWire).toMatchObject({ authorized: true })
  expect(backend.requests).toHaveLength(1)
})

test('a call that waits for a connection until its deadline is never sent, and the connection is kept', async () => {
  const clock = new ManualClock(0)
  let answer: (() => void) | undefined
  const backend = await startBackend((request, response) => {
    answer = () => sayYes(request, response)
    if (request.url!.includes('user_key=third')) answer()
  })
  const dispatcher = new Pool(backend.url, { connections: 1 })
  onTestFinished(() => dispatcher.destroy())
  const client = clientOf(backend.url, { dispatcher, [CLOCK]: clock })
  const patient = clientOf(backend.url, { dispatcher, [CLOCK]: clock, timeoutMs: 2 * DEADLINE_MS })
  const first = patient.authrep({ userKey: 'first' })
  await eventually(() => answer !== undefined, 'the call')
  const second = rejection(client.authrep({ userKey: 'second' }))
  await clock.advance(DEADLINE_MS)
  expect(await second).toMatchObject({ code: 'ERR_THREESCALE_TIMEOUT', sent: false })
  answer!()
  expect(await first).toMatchObject({ authorized: true })
  expect(await client.authrep({ userKey: 'third' })).toMatchObject({ authorized: true })
  expect(backend.requests.filter((request) => request.includes('second'))).toEqual([])
  expect(backend.connections).toBe(1)
})

test('a TLS backend with a self-made certificate is refused by default and accepted with its CA', async () => {
  const pem = (name: string) => readFileSync(new URL(`fixtures/loopback-${name}.pem`, import.meta.url))
  const server = createTlsServer({ key: pem('key'), cert: pem('cert') }, sayYes)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const dispatcher = new Agent({ connect: { ca: pem('cert') } })
  onTestFinished(async () => {
    await dispatcher.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await rejection(clientOf(url).authrep(caller))).toMatchObject({
    code: 'ERR_THREESCALE_TRANSPORT',
    sent: false,
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  })
  const client = clientOf(url, { dispatcher })
  expect(await client.authrep(caller)).toMatchObject({ authorized: true })
  await client.close()
  expect((dispatcher as unknown as { closed: boolean }).closed).toBe(false)
})
