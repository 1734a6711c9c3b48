/** A response that was answered while the gateway decided, by a time limit for example, gets nothing more. */
import { Agent, createServer, get, type RequestListener } from 'node:http'
import { threescale as threescaleExpress } from '@threescale/express'
import { threescale as threescaleKoa } from '@threescale/koa'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { allow, denied, type Script, type ScriptedGateway, scriptGateway } from './scripted-gateway.ts'

type Make = (gateway: ScriptedGateway, served: () => void, failed: (error: unknown) => void) => RequestListener

const onExpress =
  (express: typeof express5): Make =>
  (gateway, served, failed) => {
    const app = express()
    app.get('/fine', (_request, response) => void response.send('fine'))
    app.use((_request, response, next) => {
      setImmediate(() => response.status(503).send('too slow'))
      next()
    })
    app.use(threescaleExpress(gateway as never), served)
    app.use(((error, _request, _response, _next) => failed(error)) as express5.ErrorRequestHandler)
    return app as never
  }

const onKoa =
  (Koa: typeof Koa3): Make =>
  (gateway, served, failed) => {
    const app = new Koa().on('error', failed)
    app.use(async (ctx, next) => {
      if (ctx.path === '/fine') {
        ctx.body = 'fine'
        return
      }
      setImmediate(() => {
        ctx.res.statusCode = 503
        ctx.res.end('too slow')
      })
      await next()
    })
    app.use(threescaleKoa(gateway as never)).use(served)
    return app.callback()
  }

const failing: Script = () => {
  throw new Error('the callback failed')
}

describe.each<[string, Make]>([
  ['Express 4', onExpress(express4)],
  ['Express 5', onExpress(express5)],
  ['Koa 2', onKoa(Koa2)],
  ['Koa 3', onKoa(Koa3)],
])('%s', (_name, make) => {
  it.each<[string, Script]>([
    ['a denial', () => denied()],
    ['an allowance', () => allow()],
    ['a failed callback', failing],
  ])('%s that comes later reaches no handler, and the connection lives', async (_, outcome) => {
    const decisions: (() => void)[] = []
    const gateway = scriptGateway(async (view, route) => {
      await new Promise<void>((resolve) => decisions.push(resolve))
      return outcome(view, route)
    })
    const reached: unknown[] = []
    const server = createServer(
      make(
        gateway,
        () => reached.push('served'),
        (error) => reached.push(error),
      ),
    )
    const port = await listenOnLoopback(server)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const sockets = new Set<unknown>()
    const ask = (path: string) =>
      new Promise((resolve, reject) =>
        get({ port, host: '127.0.0.1', path, agent }, (answer) => {
          sockets.add(answer.socket)
          answer.resume().on('end', () => resolve(answer.statusCode))
        }).on('error', reject),
      )
    expect(await ask('/')).toBe(503)
    await eventually(() => decisions.length === 1, 'asking')
    decisions[0]!()
    expect(await ask('/fine')).toBe(200)
    expect([sockets.size, reached]).toEqual([1, []])
    agent.destroy()
    await closeServer(server)
  })
})
