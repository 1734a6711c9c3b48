/** The frameworks that serve HTTP/2 with a server of Node's; Fastify brings one of its own (fastify.test.ts). */
import { type ClientHttp2Stream, connect, createServer } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { listenOnLoopback } from '../support/listening.ts'
import type { Handler } from './framework.ts'
import { koa } from './frameworks/koa.ts'
import { allow, type Script, scriptGateway } from './scripted-gateway.ts'

describe.each(koa)('$name', ({ name, create }) => {
  async function send(script: Script, method: string) {
    const gateway = scriptGateway(script)
    const served: string[] = []
    const handler: Handler = (call) => {
      served.push(method)
      call.send(200, 'served', { 'x-tokens': '42' })
    }
    const app = await create({ guard: gateway, routes: { '/words': handler } })
    const server = createServer(app.dispatch as never)
    const session = connect(`http://127.0.0.1:${await listenOnLoopback(server)}`)
    onTestFinished(async () => {
      session.destroy()
      server.close()
      await app.close()
    })
    const stream = session.request({ ':method': method, ':path': '/words', ':authority': 'api.example' })
    stream.on('error', () => {}).resume()
    stream.end()
    return { gateway, stream, served }
  }

  const statusOf = (stream: ClientHttp2Stream) =>
    new Promise((resolve) => stream.on('response', (fields) => resolve(fields[':status'])))

  const scripts: [string, Script][] = [
    ['at once', () => allow()],
    ['later', () => new Promise((decide) => setImmediate(decide, allow()))],
  ]
  describe.each(scripts)('decided %s', (_, script) => {
    // Koa 2 takes the response of HEAD, which Node ends from the start, for one that has been answered.
    it.each(name === 'Koa 2' ? ['GET'] : ['GET', 'HEAD'])('answers and settles %s', async (method) => {
      const { gateway, stream } = await send(script, method)
      expect(await statusOf(stream)).toBe(200)
      await eventually(() => gateway.settled.length > 0, 'settling')
      const { response } = gateway.settled[0]!
      expect([response.status, response.finished, response.header('x-tokens')]).toEqual([200, true, '42'])
    })

    it('settles HEAD once when the client cancels it', async () => {
      const { gateway, stream, served } = await send(script, 'HEAD')
      await eventually(() => served.length > 0, 'serving')
      stream.close(8)
      await eventually(() => gateway.settled.length > 0, 'settling')
      expect(gateway.settled).toHaveLength(1)
    })
  })
})
