/** From the first byte of a request to the last byte of its answer, and what happens if the client does not wait. */
import { once } from 'node:events'
import type { Decision } from '@threescale/core'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { settled } from '../support/manual-clock.ts'
import type { App, Setup } from './framework.ts'
import { frameworks } from './frameworks/all.ts'
import { allow, denied, type Script, scriptGateway } from './scripted-gateway.ts'
import { ask, everything, open, parse } from './wire.ts'

describe.each(frameworks)('$name', (framework) => {
  const apps: App[] = []
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close()
    expect(unhandled.splice(0)).toEqual([])
  })

  async function serve(script: Script, setup: Omit<Setup, 'guard'> = {}) {
    const gateway = scriptGateway(script)
    const app = await framework.create({ guard: gateway, ...setup })
    apps.push(app)
    return { gateway, port: await app.listen() }
  }

  it('settles after the last byte of a streamed answer, with its status and fields', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { gateway, port } = await serve(() => allow(), {
      routes: {
        '/stream': (call) => {
          call.stream(
            'text/plain',
            (async function* () {
              yield 'one '
              await held
              yield 'two'
            })(),
          )
        },
      },
    })
    const socket = open(port, { target: '/stream' })
    const received = everything(socket)
    await once(socket, 'data')
    await settled()
    expect(gateway.settled).toHaveLength(0)
    release()
    expect(parse(await received).body).toBe('one two')
    await eventually(() => gateway.settled.length === 1, 'settling')
    const { response } = gateway.settled[0]!
    expect([response.status, response.finished, response.header('content-type')]).toEqual([
      200,
      true,
      expect.stringMatching(/^text\/plain/),
    ])
  })

  it('passes server-sent events on at once', async () => {
    let send = (_event: string) => {}
    const { gateway, port } = await serve(() => allow(), {
      routes: {
        '/events': ({ response }) => {
          // The framework must leave this response to the handler for good.
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          send = (event) => response.write(`data: ${event}\n\n`)
          send('first')
          return new Promise((resolve) => response.once('close', () => resolve()))
        },
      },
    })
    const socket = open(port, { target: '/events' })
    const [first] = await once(socket, 'data')
    expect(String(first)).toContain('data: first')
    send('second')
    const [second] = await once(socket, 'data')
    expect(String(second)).toContain('data: second')
    expect(gateway.settled).toEqual([])
    socket.destroy()
    await eventually(() => gateway.settled.length === 1, 'settling')
    expect(gateway.settled[0]?.response.finished).toBe(false)
  })

  it('settles if the client disconnects while the handler runs', async () => {
    let begun = false
    const { gateway, port } = await serve(() => allow(), {
      routes: {
        '/slow': ({ response }) => {
          begun = true
          return new Promise((resolve) => response.once('close', () => resolve()))
        },
      },
    })
    const socket = open(port, { target: '/slow' })
    await eventually(() => begun, 'the handler running')
    socket.destroy()
    await eventually(() => gateway.settled.length === 1, 'settling')
    expect(gateway.settled[0]?.response.finished).toBe(false)
    await settled()
    expect(gateway.settled).toHaveLength(1)
  })

  it('if the client disconnects before the decision, no handler runs and it is settled at once', async () => {
    let ran = false
    let aborted = false
    let decide = (_decision: Decision) => {}
    const { gateway, port } = await serve(
      (view) => {
        view.signal?.addEventListener('abort', () => {
          aborted = true
        })
        return new Promise((resolve) => {
          decide = resolve
        })
      },
      {
        routes: {
          '/': (call) => {
            ran = true
            call.send(200, 'ran')
          },
        },
      },
    )
    const socket = open(port, {})
    await eventually(() => gateway.asked.length === 1, 'the gateway being asked')
    socket.destroy()
    await eventually(() => aborted, 'the signal')
    decide(allow())
    await eventually(() => gateway.settled.length === 1, 'settling')
    expect(gateway.settled[0]?.response.finished).toBe(false)
    await settled()
    expect(ran).toBe(false)
  })

  it('writes nothing for a client that has disconnected', async () => {
    const errors: unknown[] = []
    let touched = false
    let decide = (_decision: Decision) => {}
    const { gateway, port } = await serve(
      () =>
        new Promise((resolve) => {
          decide = resolve
        }),
      {
        onError: (error) => errors.push(error),
        onDeny: () => {
          touched = true
        },
      },
    )
    const socket = open(port, {})
    await eventually(() => gateway.asked.length === 1, 'the gateway being asked')
    socket.destroy()
    await eventually(() => gateway.asked[0]?.aborted === true, 'the end of the connection')
    decide(denied({ code: 'client_closed_request', status: 499 }))
    await settled()
    expect([errors, touched, gateway.settled]).toEqual([[], false, []])
  })

  it('a response that waits for another one on its connection is settled if the client disconnects', async () => {
    const { gateway, port } = await serve((view) => (view.signal ? allow() : allow()), {
      routes: { '/slow': ({ response }) => new Promise((resolve) => response.once('close', () => resolve())) },
    })
    const socket = open(port, { target: '/slow', headers: { connection: 'keep-alive' } })
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2))
    await eventually(() => gateway.asked.length === 3, 'all three being asked')
    expect(gateway.asked.map((view) => view.signal?.aborted)).toEqual([false, false, false])
    socket.destroy()
    await eventually(() => gateway.settled.length === 3, 'settling all three')
    expect(gateway.settled.map(({ response }) => response.finished)).toEqual([false, false, false])
    expect(gateway.asked.map((view) => view.signal?.aborted)).toEqual([true, true, true])
  })

  it('does not abort the signal of a client that stayed', async () => {
    const { gateway, port } = await serve((view) => (view.signal?.aborted ? denied() : allow()))
    expect((await ask(port, {})).status).toBe(200)
    await eventually(() => gateway.settled.length === 1, 'settling')
    // Served on another connection after the first one was closed.
    expect((await ask(port, {})).status).toBe(200)
    expect(gateway.asked[0]?.signal?.aborted).toBe(false)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken handler')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken handler'))],
  ])('what a handler %s reaches the error handling, and its answer is settled', async (_, handler) => {
    const errors: unknown[] = []
    // Express 4 does not handle rejections of handlers.
    if (framework.name === 'Express 4' && handler.toString().includes('reject')) return
    const { gateway, port } = await serve(() => allow(), {
      routes: { '/': handler },
      onError: (error) => errors.push(error),
    })
    expect((await ask(port, {})).status).toBe(500)
    expect(errors).toMatchObject([{ message: 'broken handler' }])
    expect(gateway.settled.map(({ response }) => [response.status, response.finished])).toEqual([[500, true]])
  })

  describe('a denial while the body is uploading', () => {
    const large = { method: 'POST', headers: { connection: 'keep-alive', 'content-length': '10000000' } }

    // Express's error page reads an upload to its end before it answers.
    const ways = framework.name.startsWith('Express') ? (['answer'] as const) : (['answer', 'throw'] as const)
    it.each(ways)('answers at once and closes the connection (%s)', async (onDeny) => {
      const { port } = await serve(() => denied(), { onDeny })
      const socket = open(port, large)
      socket.write('x'.repeat(100_000))
      const answer = parse(await everything(socket))
      expect(answer.status).toBe(429)
      expect(answer.headers.connection).toBe('close')
    })

    it('closes the connection also if the length of the body is unknown', async () => {
      const { port } = await serve(() => denied())
      const socket = open(port, {
        method: 'POST',
        headers: { connection: 'keep-alive', 'transfer-encoding': 'chunked' },
      })
      socket.write('10\r\n0123456789abcdef\r\n')
      const answer = parse(await everything(socket))
      expect([answer.status, answer.headers.connection]).toEqual([429, 'close'])
    })

    it('keeps the connection if little is left to read', async () => {
      const { port } = await serve(() => denied())
      const socket = open(port, { method: 'POST', headers: { connection: 'keep-alive', 'content-length': '5' } })
      const [bytes] = await once(socket, 'data')
      expect(parse(bytes).headers.connection).toBe('keep-alive')
      socket.destroy()
    })
  })

  it('an upgrade request without an upgrade listener is decided like any other', async () => {
    const { gateway, port } = await serve(() => denied())
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x',
      'sec-websocket-version': '13',
    }
    const socket = open(port, { target: '/ws', headers })
    const [bytes] = await once(socket, 'data')
    expect(parse(bytes).status).toBe(429)
    expect(gateway.asked.map((view) => view.url)).toEqual(['/ws'])
    socket.destroy()
  })
})
