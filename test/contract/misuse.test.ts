import { once } from 'node:events'
import { createServer } from 'node:http'
import { ConfigError } from '@threescale/core'
import { threescale as expressThreescale } from '@threescale/express'
import { threescale as fastifyThreescale } from '@threescale/fastify'
import { threescale as koaThreescale } from '@threescale/koa'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeServer, listenOnLoopback } from '../support/listening.ts'

const factories: readonly [string, (options?: never) => unknown][] = [
  ['Express', expressThreescale as never],
  ['Koa', koaThreescale as never],
]

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems
  }
  throw new Error('nothing was thrown')
}

describe.each(factories)('the factory of %s', (_name, threescale) => {
  it.each([[undefined], [null], ['2555417'], [5], [['2555417']]])(
    'refuses %j as its options in a sentence',
    (given) => {
      expect(problemsOf(() => threescale(given as never))).toEqual([
        expect.stringMatching(/^options must be an object such as \{ serviceId, serviceToken \}, not /),
      ])
    },
  )
})

const AS_MIDDLEWARE = 'threescale makes the middleware: app.use(threescale(options)), not app.use(threescale)'

async function statusOf(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handler)
  onTestFinished(() => closeServer(server))
  return (await fetch(`http://127.0.0.1:${await listenOnLoopback(server)}/`)).status
}

describe('a factory that is used as the middleware', () => {
  it('tells the operator of an Express app how it is used, and lets nobody in', async () => {
    const app = express()
    app.use(expressThreescale as never)
    const told: unknown[] = []
    app.use(((error, _request, response, _next) => {
      told.push(error)
      response.sendStatus(500)
    }) as express.ErrorRequestHandler)
    expect(await statusOf(app)).toBe(500)
    expect(told).toEqual([expect.objectContaining({ problems: [AS_MIDDLEWARE] })])
  })

  it('tells the operator of a Koa app how it is used, and lets nobody in', async () => {
    const app = new Koa()
    app.use(koaThreescale as never)
    const error = once(app, 'error')
    expect(await statusOf(app.callback())).toBe(500)
    expect((await error)[0]).toMatchObject({ problems: [AS_MIDDLEWARE] })
  })
})

describe('the plugin of Fastify', () => {
  it('says how it is registered if it is called', () => {
    expect(problemsOf(() => (fastifyThreescale as (options: object) => void)({ serviceId: '1' }))).toEqual([
      'threescale is the plugin: app.register(threescale, options), not threescale(options)',
    ])
  })

  it.each([[undefined], [null]])('names what is missing if its options are %j', async (options) => {
    const app = fastify()
    onTestFinished(() => app.close())
    await expect(async () => await app.register(fastifyThreescale, options as never)).rejects.toThrow('serviceToken')
  })
})
