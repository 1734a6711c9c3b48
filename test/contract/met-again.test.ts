/** Law 14: a request that meets a gateway again passes it only if the gateway has allowed it. */
import { threescale as threescaleExpress } from '@threescale/express'
import { threescale as threescaleKoa } from '@threescale/koa'
import express, { type ErrorRequestHandler } from 'express'
import Koa from 'koa'
import inject from 'light-my-request'
import { describe, expect, it } from 'vitest'
import { frameworks } from './frameworks/all.ts'
import { allow, denied, type Script, scriptGateway } from './scripted-gateway.ts'

const skip: Script = () => ({ outcome: 'skip' }) as never

/** Answers each question with the next script; the last one answers all further. */
function inOrder(...scripts: Script[]) {
  let next = 0
  return scriptGateway((view, route) => scripts[Math.min(next++, scripts.length - 1)]!(view, route))
}

describe.each(frameworks)('$name', ({ create }) => {
  it.each<[string, Script[], number, number, number]>([
    ['allowed: it is asked and settled once', [() => allow()], 200, 1, 1],
    ['skipped, then denied', [skip, () => denied()], 429, 2, 0],
    ['skipped, then allowed', [skip, () => allow()], 200, 2, 1],
    ['skipped twice', [skip], 200, 2, 0],
    ['denied: the second place is not reached', [() => denied()], 429, 1, 0],
  ])('law 14: %s', async (_, scripts, status, asked, settled) => {
    const gateway = inOrder(...scripts)
    const app = await create({ guard: gateway, twice: true })
    const answer = await inject(app.dispatch, { method: 'GET', url: '/' })
    expect([answer.statusCode, gateway.asked.length, gateway.settled.length]).toEqual([status, asked, settled])
    await app.close()
  })
})

describe('law 14: a denial that the application goes on from', () => {
  const goOn: ErrorRequestHandler = (_error, _request, _response, next) => next()
  const failing: Script = () => {
    throw new Error('the callback failed')
  }

  it.each<[string, Script]>([
    ['a denial', () => denied()],
    ['a failed callback', failing],
  ])('Express: %s that an error handler forgives is decided again', async (_, first) => {
    for (const [second, status] of [
      [() => denied(), 429],
      [() => allow(), 200],
    ] as const) {
      const gateway = inOrder(first, second)
      const app = express()
      app.use(threescaleExpress(gateway as never, { onDeny: 'throw' }), goOn)
      app.use(threescaleExpress(gateway as never), (_request, response) => void response.send('served'))
      const answer = await inject(app as never, { method: 'GET', url: '/' })
      expect([answer.statusCode, gateway.asked.length]).toEqual([status, 2])
    }
  })

  it('Koa: a denial that a middleware catches is decided again', async () => {
    const gateway = scriptGateway(() => denied())
    const guard = threescaleKoa(gateway as never, { onDeny: 'throw' })
    const app = new Koa()
    app.use(async (ctx, next) => {
      try {
        await guard(ctx, async () => {})
      } catch {}
      await next()
    })
    app.use(threescaleKoa(gateway as never)).use((ctx) => {
      ctx.body = 'served'
    })
    const answer = await inject(app.callback(), { method: 'GET', url: '/' })
    expect([answer.statusCode, gateway.asked.length]).toEqual([429, 2])
  })
})
