/** The guard's position in an app: what comes before it and after it. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Call, Setup } from './framework.ts'
import { frameworks } from './frameworks/all.ts'
import { allow, denied, type Script, scriptGateway } from './scripted-gateway.ts'
import { type Asking, ask } from './wire.ts'

const form = (body: string): Asking => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body,
})

describe.each(frameworks)('$name', (framework) => {
  async function serve(script: Script, setup: Omit<Setup, 'guard'> = {}, locations?: readonly string[]) {
    const gateway = scriptGateway(script, locations)
    const app = await framework.create({ guard: gateway, ...setup })
    onTestFinished(() => app.close())
    const port = await app.listen()
    return { gateway, ask: (asking: Asking) => ask(port, asking) }
  }

  it('the gateway sees the whole target if it is mounted under a prefix', async () => {
    const { gateway, ask } = await serve(() => allow(), {
      prefix: '/api',
      routes: { '/v1/words': (call) => call.send(200, call.originalUrl) },
    })
    expect((await ask({ target: '/api/v1/words?user_key=k' })).body).toBe('/api/v1/words?user_key=k')
    expect(gateway.asked.map((view) => view.url)).toEqual(['/api/v1/words?user_key=k'])
  })

  it('an absolute target runs the handlers and is shown unchanged', async () => {
    const { gateway, ask } = await serve(() => allow(), { routes: { '/v1/words': (call) => call.send(200, 'served') } })
    expect((await ask({ target: 'http://other.example/v1/words?user_key=k' })).body).toBe('served')
    expect(gateway.asked[0]?.url).toBe('http://other.example/v1/words?user_key=k')
  })

  it('the router decides what a bad percent-escape means, before the guard or after it', async () => {
    const { gateway, ask } = await serve(() => allow(), {
      routes: { '/words/:word': (call) => call.send(200, call.params.word ?? '') },
    })
    const { status, body } = await ask({ target: '/words/%zz' })
    const asked = gateway.asked.length
    const seen = { 'Fastify 5': [400, 0], 'Express 4': [400, 1], 'Express 5': [400, 1] }[framework.name] ?? [200, 1]
    expect([status, asked]).toEqual(seen)
    if (status === 200) expect(body).toBe('%zz')
  })

  it.each([
    [false, 'api.example'],
    [true, 'public.example'],
  ])('with trust proxy %s the host is %s', async (trustProxy, host) => {
    // Hono trusts no proxy.
    if (trustProxy && framework.name.startsWith('Hono')) return
    const { gateway, ask } = await serve(() => allow(), { trustProxy })
    await ask({ headers: { host: 'api.example', 'x-forwarded-host': 'public.example' } })
    expect(gateway.asked[0]?.host).toBe(host)
  })

  it('of repeated Host and Authorization fields the first counts, others are joined', async () => {
    const { gateway, ask } = await serve(() => allow())
    await ask({
      headers: {
        Authorization: 'Bearer a',
        authorization: 'Bearer b',
        'X-Key': 'a',
        'x-key': 'b',
        'user-key': '1',
        user_key: '2',
      },
    })
    const view = gateway.asked[0]!
    expect(['authorization', 'x-key', 'user-key', 'user_key'].map((name) => view.header(name))).toEqual([
      'Bearer a',
      'a, b',
      '1',
      '2',
    ])
  })

  it('bytes of a header arrive as latin1', async () => {
    const { gateway, ask } = await serve(() => allow())
    await ask({ headers: { 'x-key': Buffer.from('schlüssel').toString('latin1') } })
    expect(Buffer.from(gateway.asked[0]?.header('x-key') ?? '', 'latin1').toString()).toBe('schlüssel')
  })

  it('CORS preflights pass if the framework answers them first; denials can be read across origins', async () => {
    const { gateway, ask } = await serve(() => denied(), { cors: true })
    const origin = { origin: 'https://app.example' }
    const preflight = await ask({ method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'GET' } })
    expect(preflight.status).toBe(204)
    expect(gateway.asked).toHaveLength(0)
    const answer = await ask({ headers: origin })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([
      429,
      expect.stringMatching(/^\*|https:\/\/app.example$/),
    ])
  })

  it('decides about OPTIONS if the framework does not answer them first', async () => {
    const { gateway, ask } = await serve(() => denied())
    expect((await ask({ method: 'OPTIONS' })).status).toBe(429)
    expect(gateway.asked.map((view) => view.method)).toEqual(['OPTIONS'])
  })

  describe('forms', () => {
    it('reads fields of a form that was parsed before', async () => {
      const { gateway, ask } = await serve(() => allow(), { forms: 'before' }, ['form'])
      await ask(form('user_key=k%26&other=x'))
      const view = gateway.asked[0]!
      expect(['user_key', 'absent', 'constructor', '__proto__'].map((name) => view.formField?.(name))).toEqual([
        'k&',
        undefined,
        undefined,
        undefined,
      ])
    })

    it('does not read the body itself', async () => {
      const seen: unknown[] = []
      const { ask } = await serve(
        (view) => {
          seen.push(view.formField?.('user_key'))
          return denied()
        },
        { forms: 'after' },
      )
      expect((await ask(form('user_key=k'))).status).toBe(429)
      expect(seen).toEqual([undefined])
    })

    it('leaves the body to a parser after it', async () => {
      let body: unknown
      const { ask } = await serve(() => allow(), {
        forms: 'after',
        routes: {
          '/form': {
            method: 'POST',
            handler: (call) => {
              body = call.body
              call.send(200, 'read')
            },
          },
        },
      })
      await ask({ ...form('word=x'), target: '/form' })
      expect(body).toEqual({ word: 'x' })
    })
  })

  describe('stripping credentials', () => {
    async function handlerSees(
      asking: Asking,
      strip: Script,
      setup: Omit<Setup, 'guard' | 'routes'> = {},
    ): Promise<Call> {
      let seen: Call | undefined
      const handler = (call: Call) => {
        seen = { ...call }
        call.send(200, 'seen')
      }
      const { ask } = await serve(
        strip,
        {
          ...setup,
          routes: { '/words/:word': { method: asking.method === 'POST' ? 'POST' : (undefined as never), handler } },
        },
        ['form', 'query'],
      )
      expect((await ask(asking)).status).toBe(200)
      return seen!
    }

    it.each([undefined, '/api'])('removes a parameter from target and query (prefix %s)', async (prefix) => {
      const seen = await handlerSees(
        { target: `${prefix ?? ''}/words/x?user_key=secret&page=2&user_key=again` },
        (view) => {
          view.setUrl?.(`${prefix ?? ''}/words/x?page=2`)
          return allow()
        },
        prefix === undefined ? {} : { prefix },
      )
      expect({ originalUrl: seen.originalUrl, query: { ...seen.query } }).toEqual({
        originalUrl: `${prefix ?? ''}/words/x?page=2`,
        query: { page: '2' },
      })
      expect(seen.url).toMatch(/\/words\/x\?page=2$/)
      expect(seen.request.url).not.toContain('secret')
    })

    it('does not change what a rewrite put into the target', async () => {
      const seen = await handlerSees(
        { target: '/old?user_key=secret&page=2' },
        (view) => {
          view.setUrl?.('/old?page=2')
          return allow()
        },
        { rewrite: (target) => target.replace('/old?', '/words/x?version=3&') },
      )
      expect([seen.originalUrl, seen.url]).toEqual(['/old?page=2', '/words/x?version=3&page=2'])
      expect(seen.query).toMatchObject({ page: '2' })
      expect(seen.query).not.toHaveProperty('user_key')
    })

    it('removes a header from all places where Node keeps it', async () => {
      const seen = await handlerSees(
        { target: '/words/x', headers: { 'X-User-Key': 'secret', 'x-other': 'y' } },
        (view) => {
          view.removeHeader?.('x-user-key')
          return allow()
        },
      )
      const { headers, headersDistinct, rawHeaders } = seen.request
      expect(JSON.stringify([headers, headersDistinct, rawHeaders])).not.toContain('secret')
      expect([headers['x-other'], headersDistinct['x-other']]).toEqual(['y', ['y']])
    })

    it('removes a field from the form', async () => {
      const seen = await handlerSees(
        { ...form('user_key=secret&word=y'), target: '/words/x' },
        (view) => {
          view.removeFormField?.('user_key')
          return allow()
        },
        { forms: 'before' },
      )
      expect({ ...(seen.body as object) }).toEqual({ word: 'y' })
    })
  })

  it("passes a route's settings to the gateway, and does not guard a route with false", async () => {
    const usage = { lookups: 2 }
    const { gateway, ask } = await serve(
      (_, route) => allow({ headers: { 'x-usage': JSON.stringify(route?.usage ?? 'default') } }),
      {
        routes: {
          '/own': { threescale: { usage }, handler: (call) => call.send(200, 'own') },
          '/free': { threescale: false, handler: (call) => call.send(200, 'free') },
          '/plain': (call) => call.send(200, 'plain'),
        },
      },
    )
    const answers = await Promise.all(['/own', '/own', '/plain', '/free'].map((target) => ask({ target })))
    expect(answers.map(({ headers }) => headers['x-usage'])).toEqual([
      '{"lookups":2}',
      '{"lookups":2}',
      '"default"',
      undefined,
    ])
    expect(gateway.routes).toEqual([{ usage }])
  })
})
