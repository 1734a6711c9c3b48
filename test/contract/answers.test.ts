import { DenialError, type RequestView } from '@threescale/core'
import inject from 'light-my-request'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { App, Setup } from './framework.ts'
import { frameworks } from './frameworks/all.ts'
import { allow, denied, type Script, scriptGateway } from './scripted-gateway.ts'
import { type Answer, type Asking, ask } from './wire.ts'

type Transport = (app: App, asking: Asking) => Promise<Answer>

const overSocket: Transport = async (app, asking) => ask(await app.listen(), asking)

const inProcess: Transport = async (app, { method = 'GET', target = '/', headers = {}, body }) => {
  const answer = await inject(app.dispatch, {
    method: method as 'GET',
    url: target,
    headers,
    ...(body && { payload: body }),
  })
  return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body: answer.payload }
}

describe.each([
  { transport: 'over a socket', send: overSocket },
  { transport: 'in process', send: inProcess },
])('$transport', ({ send }) => {
  describe.each(frameworks)('$name', (framework) => {
    async function app(script: Script, setup: Omit<Setup, 'guard'> = {}) {
      const gateway = scriptGateway(script)
      const created = await framework.create({ guard: gateway, ...setup })
      onTestFinished(() => created.close())
      return { gateway, ask: (asking: Asking = {}) => send(created, asking) }
    }

    it.each([
      ['a plain value', () => allow({ headers: { ratelimit: '"hits.minute";r=3;t=41' } })],
      ['a promise', async () => allow({ headers: { ratelimit: '"hits.minute";r=3;t=41' } })],
    ])('admits an allowed request, decided as %s', async (_, script) => {
      let seen: unknown
      const { ask } = await app(script, {
        routes: {
          '/v1/words': (call) => {
            seen = call.threescale
            call.send(200, 'served')
          },
        },
      })
      const answer = await ask({ target: '/v1/words?user_key=k' })
      expect(answer).toMatchObject({ status: 200, body: 'served' })
      expect(answer.headers.ratelimit).toBe('"hits.minute";r=3;t=41')
      expect(seen).toMatchObject({ outcome: 'allow', application: { id: 'app' } })
    })

    it('lets a skipped request through without a decision on it', async () => {
      let seen: unknown = 'untouched'
      const { ask, gateway } = await app(() => ({ outcome: 'skip' }), {
        routes: {
          '/v1/words': (call) => {
            seen = call.threescale ?? undefined
            call.send(200, 'served')
          },
        },
      })
      expect(await ask({ target: '/v1/words' })).toMatchObject({ status: 200, body: 'served' })
      expect(seen).toBeUndefined()
      expect(gateway.settled).toEqual([])
    })

    it.each([
      ['a plain value', () => denied()],
      ['a promise', async () => denied()],
    ])('answers a denial with its exact status, fields and bytes, decided as %s', async (_, script) => {
      let ran = false
      const { ask, gateway } = await app(script, {
        routes: {
          '/v1/words': (call) => {
            ran = true
            call.send(200, 'ran')
          },
        },
      })
      const answer = await ask({ target: '/v1/words' })
      expect(answer.status).toBe(429)
      expect(answer.body).toBe(denied().body)
      expect(answer.headers).toMatchObject(denied().headers)
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(denied().body)))
      expect(answer.headers.etag).toBeUndefined()
      expect(ran).toBe(false)
      expect(gateway.settled).toEqual([])
    })

    it.each(['text/plain; charset=us-ascii', 'application/json', 'text/html', 'application/problem+json', 'x/y;Q=1'])(
      'leaves the media type %s alone',
      async (type) => {
        const { ask } = await app(() => denied({ headers: { 'content-type': type } }))
        expect((await ask()).headers['content-type']).toBe(type)
      },
    )

    it('answers HEAD like GET, without a body', async () => {
      const { ask } = await app(() => denied())
      const answer = await ask({ method: 'HEAD' })
      expect(answer).toMatchObject({ status: 429, body: '' })
      expect(answer.headers).toMatchObject({ ...denied().headers })
    })

    it('sends neither body nor length with a status that has none', async () => {
      const { ask } = await app(() => denied({ status: 204, body: '' }))
      const answer = await ask()
      expect(answer).toMatchObject({ status: 204, body: '' })
      expect(answer.headers['content-length']).toBeUndefined()
    })

    it('throws a denial with all its fields to the error handling', async () => {
      const errors: unknown[] = []
      const { ask } = await app(() => denied(), { onDeny: 'throw', onError: (error) => errors.push(error) })
      const answer = await ask()
      expect(answer.status).toBe(429)
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '7' })
      expect(errors).toHaveLength(1)
      expect(errors[0]).toBeInstanceOf(DenialError)
      expect(errors[0]).toMatchObject({
        name: 'DenialError',
        message: 'usage limits are exceeded',
        code: 'limits_exceeded',
        status: 429,
        statusCode: 429,
        expose: true,
        headers: { 'cache-control': 'no-store', 'retry-after': '7' },
      })
    })

    it.each([
      ['at once', (send: () => void) => send()],
      ['later', async (send: () => void) => send()],
    ])('passes a denial to a function that answers %s', async (_, answering) => {
      const { ask } = await app(() => denied(), {
        onDeny: (denial, call) => answering(() => call.send(418, `no: ${denial.code}`)),
      })
      expect(await ask()).toMatchObject({ status: 418, body: 'no: limits_exceeded' })
    })

    it.each([
      [
        'throws',
        () => {
          throw new Error('broken callback')
        },
      ],
      [
        'rejects',
        async () => {
          throw new Error('broken callback')
        },
      ],
    ])('an onDeny that %s goes to the error handling', async (_, onDeny) => {
      const errors: unknown[] = []
      const { ask } = await app(() => denied(), { onDeny, onError: (error) => errors.push(error) })
      expect((await ask()).status).toBe(500)
      expect(errors).toMatchObject([{ message: 'broken callback' }])
    })

    it('the error of a gateway callback goes to the error handling, and the handler does not run', async () => {
      const errors: unknown[] = []
      let ran = false
      const { ask } = await app(() => Promise.reject(new Error('broken usage function')), {
        onError: (error) => errors.push(error),
        routes: {
          '/': (call) => {
            ran = true
            call.send(200, 'ran')
          },
        },
      })
      expect((await ask()).status).toBe(500)
      expect(errors).toMatchObject([{ message: 'broken usage function' }])
      expect(ran).toBe(false)
    })

    it('shows the gateway the request as it was sent', async () => {
      let seen: Record<string, unknown> = {}
      const { ask } = await app((view: RequestView) => {
        seen = {
          method: view.method,
          url: view.url,
          host: view.host,
          key: view.header('x-key'),
          absent: view.header('x-absent'),
          inherited: view.header('constructor'),
          field: view.formField?.('user_key'),
        }
        return allow()
      })
      await ask({ method: 'GET', target: '/v1/a%20b?user_key=k%2B', headers: { host: 'api.example', 'x-key': 'k' } })
      expect(seen).toEqual({
        method: 'GET',
        url: '/v1/a%20b?user_key=k%2B',
        host: 'api.example',
        key: 'k',
        absent: undefined,
        inherited: undefined,
        field: undefined,
      })
    })

    it('law 14: a gateway that a request reaches twice is asked and settled once', async () => {
      const { ask, gateway } = await app(() => allow(), { twice: true })
      expect((await ask()).status).toBe(200)
      expect(gateway.asked).toHaveLength(1)
      expect(gateway.settled).toHaveLength(1)
    })

    it('settles once, at the end of the response, with its status and fields', async () => {
      const { ask, gateway } = await app(() => allow(), {
        routes: { '/v1/words': (call) => call.send(201, 'made', { 'x-tokens': '42' }) },
      })
      await ask({ target: '/v1/words' })
      expect(gateway.settled).toHaveLength(1)
      const { response } = gateway.settled[0]!
      expect([response.status, response.finished, response.header('x-tokens')]).toEqual([201, true, '42'])
    })
  })
})
