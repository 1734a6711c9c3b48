/** On Hono, an answer that was ended while the guard was at work stays whole, whatever the guard's own work ends with. */
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { honoThreescale, type OnDeny } from '@threescale/web/hono'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { LARGE, SMALL, throughTimeLimit } from './answered-meanwhile.ts'
import { denied, type ScriptedGateway, scriptGateway } from './scripted-gateway.ts'

function appOf(tooSlow: Buffer, gateway: ScriptedGateway, onDeny?: OnDeny) {
  const failures: unknown[] = []
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/fine', (context) => context.text('fine'))
  app.use(async (context, next) => {
    setImmediate(() => {
      context.env.outgoing.statusCode = 503
      context.env.outgoing.end(tooSlow)
    })
    await next()
  })
  app.use(honoThreescale(gateway as never, { onDeny }))
  app.all('/', (context) => context.text('served'))
  app.onError((error, context) => {
    failures.push(error.message)
    return context.text('failed', 500)
  })
  return { failures, listener: getRequestListener(app.fetch) }
}

describe.each([
  ['small', SMALL],
  ['large', LARGE],
])('a %s answer of a time limit', (_size, tooSlow) => {
  const whole = { statuses: [503, 200], bytes: tooSlow.length, sockets: 1, logged: [] }

  it('is whole though onDeny gives another one later', async () => {
    const turns: (() => void)[] = []
    const gateway = scriptGateway(() => denied())
    const { listener } = appOf(tooSlow, gateway, async (_denied, context) => {
      await new Promise<void>((resolve) => turns.push(resolve))
      return context.text('denied', 403)
    })
    expect(await throughTimeLimit(listener, () => turns[0]!())).toEqual(whole)
  })

  it('is whole though onDeny fails later, which the app hears', async () => {
    const turns: (() => void)[] = []
    const gateway = scriptGateway(() => denied())
    const { failures, listener } = appOf(tooSlow, gateway, async () => {
      await new Promise<void>((resolve) => turns.push(resolve))
      throw new Error('onDeny failed')
    })
    expect(await throughTimeLimit(listener, () => turns[0]!())).toEqual(whole)
    expect(failures).toEqual(['onDeny failed'])
  })

  it('is whole though a form cannot be read, which the app hears', async () => {
    const gateway = scriptGateway(() => denied(), ['form'])
    const { failures, listener } = appOf(tooSlow, gateway)
    const type = 'multipart/form-data; boundary=x; application/x-www-form-urlencoded'
    const ended = () => eventually(() => failures.length === 1, 'reading the form')
    expect(await throughTimeLimit(listener, ended, { type, halves: ['--x\r\n', 'broken'] })).toEqual(whole)
    expect(gateway.asked).toEqual([])
  })

  it('is whole though a gateway fails at once after it has waited for a form', async () => {
    const gateway = scriptGateway(() => {
      throw new Error('the callback failed')
    }, ['form'])
    const { listener } = appOf(tooSlow, gateway)
    const type = 'application/x-www-form-urlencoded'
    const asked = () => eventually(() => gateway.asked.length === 1, 'asking')
    expect(await throughTimeLimit(listener, asked, { type, halves: ['a=', 'b'] })).toEqual(whole)
  })
})
