/** Usage that is known only from the answer, over a real gateway: authorized before it, reported once after it. */

import { createServer } from 'node:http'
import type { GatewayOptions } from '@threescale/core'
import { threescale } from '@threescale/express'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { settled } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { SERVICE, TOKEN, useEmulator } from './backend.ts'
import type { App, Handler } from './framework.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { ask, open } from './wire.ts'

const backend = useEmulator()

const target = '/words?user_key=free-key'

it('law 16: usage of a response is counted that ends after Node has called back server.close', async () => {
  const options = { serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url }
  const protect = threescale({ ...options, usageAfter: (_view, { finished }) => ({ tokens: finished ? 100 : 7 }) })
  const app = express()
  app.use(protect).get('/words', (_request, response) => void response.write('begun'))
  const server = createServer(app)
  const socket = open(await listenOnLoopback(server), { target })
  await new Promise((resolve) => socket.once('data', resolve))
  const closed = new Promise((resolve) => {
    server.close(() => resolve(protect.gateway.close()))
  })
  socket.destroy()
  expect(await closed).toEqual({ undelivered: {} })
  expect(backend.emulator.usage()[SERVICE]?.free?.tokens?.day).toBe(7)
})

it.each<GatewayOptions>([{ usageAfter: () => ({ hits: 1 }) }, { cache: true, responseCodes: true }, { cache: true }])(
  'law 16: usage of a response is counted whose handler has taken the socket: %j',
  async (more) => {
    const options = { serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url }
    const protect = threescale({ ...options, ...more })
    const app = express()
    app.use(protect).get('/words', (_request, response) => {
      const socket = response.socket!
      response.detachSocket(socket)
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
    })
    const server = createServer(app)
    onTestFinished(() => closeServer(server))
    const port = await listenOnLoopback(server)
    for (let request = 0; request < 3; request++) expect((await ask(port, { target })).body).toBe('ok')
    // Nothing is open that `close` would wait for.
    const began = performance.now()
    await protect.gateway.close({ timeoutMs: 60_000 })
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(backend.emulator.usage()[SERVICE]?.free?.hits?.day).toBe(3)
  },
)

describe.each(
  frameworksAndFetch.flatMap((framework) => [false, true].map((cache) => ({ framework, cache, name: framework.name }))),
)('$name, cache $cache', ({ framework, cache }) => {
  async function serve(options: GatewayOptions, handler: Handler) {
    const app = await framework.create({
      guard: { serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url, cache, ...options },
      routes: { '/words': handler },
    })
    onTestFinished(() => app.close())
    return { app, port: await app.listen() }
  }

  /** What 3scale has counted after everything was delivered. */
  async function counted(app: App, metric: string): Promise<number> {
    await app.gateway.close()
    return backend.emulator.usage()[SERVICE]?.free?.[metric]?.day ?? 0
  }

  it('counts the usage of usageAfter, and not the prediction', async () => {
    const usageAfter: GatewayOptions['usageAfter'] = (_view, { header }) => ({ tokens: Number(header('x-tokens')) })
    const { app, port } = await serve({ usage: { hits: 1, tokens: 1 }, usageAfter }, (call) =>
      call.send(200, 'served', { 'x-tokens': '42' }),
    )
    expect((await ask(port, { target })).status).toBe(200)
    expect([await counted(app, 'tokens'), await counted(app, 'hits')]).toEqual([42, 0])
  })

  it('counts nothing if usageAfter returns {}', async () => {
    const usageAfter: GatewayOptions['usageAfter'] = (_view, { status }) => (status >= 500 ? {} : { hits: 1 })
    let status = 200
    const { app, port } = await serve({ usageAfter }, (call) => call.send(status, 'answered'))
    for (status of [200, 502, 404, 500]) await ask(port, { target })
    expect(await counted(app, 'hits')).toBe(2)
  })

  it('adds the usage that the handler adds', async () => {
    const { app, port } = await serve({}, (call) => {
      call.threescale?.addUsage({ tokens: 3 })
      call.threescale?.addUsage({ tokens: 4, lookup: 1 })
      call.send(200, 'served')
    })
    await ask(port, { target })
    // A lookup is a hit too.
    expect([await counted(app, 'tokens'), await counted(app, 'lookup'), await counted(app, 'hits')]).toEqual([7, 1, 2])
  })

  it('counts once for a client that disconnected before the end', async () => {
    let begun = false
    const usageAfter: GatewayOptions['usageAfter'] = (_view, { finished }) => ({ tokens: finished ? 100 : 1 })
    const { app, port } = await serve({ usageAfter }, ({ response }) => {
      begun = true
      return new Promise((resolve) => response.once('close', () => resolve()))
    })
    const socket = open(port, { target })
    await eventually(() => begun, 'the handler running')
    socket.destroy()
    await eventually(() => app.gateway.stats().usage.tokens !== undefined, 'the usage being counted')
    expect(await counted(app, 'tokens')).toBe(1)
  })

  it('law 8: counts what a handler adds after its client has left, and throws nothing into it', async () => {
    let begun = false
    const failed: unknown[] = []
    let ended = false
    const { app, port } = await serve({}, async (call) => {
      begun = true
      await new Promise((resolve) => call.response.once('close', resolve))
      try {
        call.threescale?.addUsage({ tokens: 20 })
      } catch (error) {
        failed.push(error)
      }
      ended = true
    })
    const socket = open(port, { target })
    await eventually(() => begun, 'the handler running')
    socket.destroy()
    await eventually(() => ended, 'the handler ending')
    expect(failed).toEqual([])
    expect(await counted(app, 'tokens')).toBe(20)
  })

  it('law 8: close() waits for a stream that is being answered, and counts all of it', async () => {
    let goOn = () => {}
    async function* words(): AsyncGenerator<string> {
      yield 'one '
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      yield 'two'
    }
    const { app, port } = await serve({}, (call) => {
      const metered = async function* () {
        for await (const word of words()) {
          call.threescale?.addUsage({ tokens: 1 })
          yield word
        }
      }
      call.stream('text/plain', metered())
    })
    const socket = open(port, { target })
    await new Promise((resolve) => socket.once('data', resolve))
    const closing = app.gateway.close()
    const tokens = () => backend.emulator.usage()[SERVICE]?.free?.tokens?.day ?? 0
    await eventually(() => tokens() === 1, 'a report of what is known')
    await settled()
    goOn()
    expect(await closing).toEqual({ undelivered: {} })
    expect(tokens()).toBe(2)
    socket.destroy()
  })

  it('law 8: close() waits for a request that is still being decided, and counts what its handler adds', async () => {
    let asked = false
    const usage = () => {
      asked = true
      return { hits: 1 }
    }
    const { app, port } = await serve({ usage }, (call) => {
      call.threescale?.addUsage({ tokens: 3 })
      call.send(200, 'served')
    })
    backend.emulator.setFaults([{ kind: 'latency', ms: 50, endpoint: cache ? 'authorize' : 'authrep', count: 1 }])
    const answer = ask(port, { target })
    await eventually(() => asked, 'the question')
    expect(await app.gateway.close()).toEqual({ undelivered: {} })
    expect((await answer).status).toBe(200)
    expect(backend.emulator.usage()[SERVICE]?.free?.tokens?.day).toBe(3)
  })

  it('tells usageAfter how many bytes of the body were written, and whether the response finished', async () => {
    const seen: unknown[] = []
    const usageAfter: GatewayOptions['usageAfter'] = (_view, { finished, bytesWritten }) => {
      seen.push([finished, bytesWritten])
      return {}
    }
    async function* words(): AsyncGenerator<string> {
      yield 'four'
      yield 'ünf'
    }
    let streaming = false
    const { port } = await serve({ usageAfter }, (call) =>
      streaming ? call.stream('text/plain', words()) : call.send(200, 'served'),
    )
    expect((await ask(port, { target })).body).toBe('served')
    await ask(port, { target, method: 'HEAD' })
    streaming = true
    expect((await ask(port, { target })).body).toBe('fourünf')
    await eventually(() => seen.length === 3, 'the third usageAfter')
    expect(seen).toEqual([
      [true, 6],
      [true, 0],
      [true, 8],
    ])
  })

  it('tells usageAfter what was written when the client left', async () => {
    const seen: unknown[] = []
    const usageAfter: GatewayOptions['usageAfter'] = (_view, { finished, bytesWritten }) => {
      seen.push([finished, bytesWritten])
      return {}
    }
    async function* endless(): AsyncGenerator<string> {
      yield 'four'
      await new Promise(() => {})
    }
    const { port } = await serve({ usageAfter }, (call) => call.stream('text/plain', endless()))
    const socket = open(port, { target })
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await eventually(() => seen.length === 1, 'usageAfter')
    expect(seen).toEqual([[false, 4]])
  })

  it('reports the status of each answer with responseCodes', async () => {
    const { app, port } = await serve({ responseCodes: true }, (call) => call.send(418, 'teapot'))
    expect((await ask(port, { target })).status).toBe(418)
    expect(await counted(app, 'hits')).toBe(1)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['says nonsense', () => ({ hits: -1 })],
  ])('does not change the answer if usageAfter %s', async (_, usageAfter) => {
    const { port } = await serve({ usageAfter, logger: quietLogger }, (call) => call.send(200, 'served'))
    expect(await ask(port, { target })).toMatchObject({ status: 200, body: 'served' })
  })

  it('does not change the answer if reporting fails', async () => {
    const { app, port } = await serve({ usageAfter: () => ({ hits: 1 }), logger: quietLogger }, (call) =>
      call.send(200, 'served'),
    )
    backend.emulator.setFaults([{ kind: 'status', status: 500, endpoint: 'report' }])
    expect(await ask(port, { target })).toMatchObject({ status: 200, body: 'served' })
    await app.gateway.close({ timeoutMs: 50 })
    backend.emulator.setFaults([])
  })
})
