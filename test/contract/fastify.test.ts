/** What only Fastify has: scopes, route settings, hooks, HTTP/2. */
import { connect } from 'node:http2'
import { ConfigError, createGateway } from '@threescale/core'
import { type FastifyView, threescale } from '@threescale/fastify'
import createFastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { settled } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { startStubPortal, stubConfig } from '../support/stub-portal.ts'
import { allow, denied, type Script, scriptGateway } from './scripted-gateway.ts'

function createApp(): FastifyInstance {
  const app = createFastify()
  onTestFinished(() => app.close())
  return app
}

const OPTIONS = { serviceId: '1', serviceToken: 't', backendUrl: 'http://127.0.0.1:1' }

describe('scopes', () => {
  it('guards the scope it is registered in and those below, and no other', async () => {
    const gateway = scriptGateway(() => denied()) as never
    const app = createApp()
    await app.register(
      async (api) => {
        await api.register(threescale, { gateway })
        api.get('/words', async () => 'served')
        await api.register(async (below) => void below.get('/below', async () => 'served'))
      },
      { prefix: '/api' },
    )
    app.get('/health', async () => 'ok')
    const statuses = ['/api/words', '/api/below', '/health'].map(async (url) => (await app.inject(url)).statusCode)
    expect(await Promise.all(statuses)).toEqual([429, 429, 200])
  })

  it('registered in a scope and in one above it, one gateway counts a request once', async () => {
    const gateway = scriptGateway(() => allow())
    const app = createApp()
    await app.register(threescale, { gateway: gateway as never })
    await app.register(async (below) => {
      await below.register(threescale, { gateway: gateway as never })
      below.get('/own', { config: { threescale: { usage: { lookups: 2 } } } }, async () => 'served')
      below.get('/plain', async () => 'served')
    })
    for (const url of ['/own', '/plain']) {
      expect((await app.inject(url)).statusCode).toBe(200)
    }
    expect([gateway.asked.length, gateway.settled.length]).toEqual([2, 2])
  })

  it('law 13: serves the root of a scope with a slash at its end and without one, and says so', async () => {
    const gateway = scriptGateway(() => allow())
    const app = createApp()
    await app.register(threescale, { gateway: gateway as never })
    await app.register(
      async (scope) => {
        scope.get('/', async () => 'served')
        scope.get('/words', async () => 'served')
      },
      { prefix: '/api' },
    )
    for (const url of ['/api', '/api/', '/api/words']) expect((await app.inject(url)).statusCode).toBe(200)
    expect(gateway.asked.map(({ routing }) => routing?.ignoresTrailingSlash)).toEqual([true, true, false])
  })

  it('law 13: shows an empty parameter as one that a wildcard of a rule can match', async () => {
    const gateway = scriptGateway(() => allow())
    const app = createApp()
    await app.register(threescale, { gateway: gateway as never })
    for (const path of ['/files/:name.json', '/at/:hour-:minute', '/shelf/:book?', '/:one/x/:two', '/all/*']) {
      app.get(path, async () => 'served')
    }
    await app.register(async (scope) => void scope.get('/', async () => 'served'), { prefix: '/t/:tenant' })
    const urls = ['/files/.json', '/at/-5', '/shelf/', '//x/', '/all/', '/t//', '/t/', '/all/a//', '/all//']
    for (const url of urls) expect((await app.inject({ url })).statusCode, url).toBe(200)
    expect(gateway.asked.map(({ routing }) => routing?.path)).toEqual([
      ...['/files/x.json', '/at/x-5', '/shelf/x', '/x/x/x', '/all/x', '/t/x/', '/t/x', '/all/a//', '/all/x'],
    ])
  })

  it('law 13: shows an empty parameter also where validation has replaced it', async () => {
    const gateway = scriptGateway(() => allow())
    const app = createApp()
    await app.register(threescale, { gateway: gateway as never, hook: 'preHandler' })
    const params = { type: 'object', properties: { word: { type: ['integer', 'null'] } } }
    app.get('/words/:word', { schema: { params } }, async () => 'served')
    app.get(
      '/lists/:list',
      { validatorCompiler: () => () => ({ value: {} }), schema: { params } },
      async () => 'served',
    )
    for (const url of ['/words/', '/words/1', '/lists/', '/lists/1']) {
      expect((await app.inject(url)).statusCode).toBe(200)
    }
    expect(gateway.asked.map(({ routing }) => routing?.path)).toEqual(['/words/x', '/words/1', '/lists/x', '/lists/1'])
  })

  it('asks each of two gateways in nested scopes', async () => {
    const [outer, inner] = [scriptGateway(() => allow()), scriptGateway(() => allow())]
    const app = createApp()
    await app.register(threescale, { gateway: outer as never })
    await app.register(async (below) => {
      await below.register(threescale, { gateway: inner as never })
      below.get('/', async () => 'served')
    })
    expect((await app.inject('/')).statusCode).toBe(200)
    expect([outer.asked.length, inner.asked.length]).toEqual([1, 1])
    expect(app.threescale).toBe(outer)
  })

  it('with global false guards only routes with their own settings', async () => {
    const gateway = scriptGateway(() => denied())
    const app = createApp()
    await app.register(threescale, { gateway: gateway as never, global: false })
    app.get('/guarded', { config: { threescale: {} } }, async () => 'served')
    app.get('/open', async () => 'served')
    app.get('/off', { config: { threescale: false } }, async () => 'served')
    const statuses = ['/guarded', '/open', '/off'].map(async (url) => (await app.inject(url)).statusCode)
    expect(await Promise.all(statuses)).toEqual([429, 200, 200])
  })

  it('creates the gateway of a route once, and reports its mistakes when it is declared', async () => {
    const app = createApp()
    await app.register(threescale, OPTIONS)
    expect(() => app.get('/x', { config: { threescale: { usage: { hits: -1 } } } }, async () => 'x')).toThrow(
      ConfigError,
    )
  })
})

describe('registering', () => {
  it('fails with a ConfigError that names every problem', async () => {
    const app = createFastify()
    const failed = await app.register(threescale, { ...OPTIONS, serviceID: '1' } as never).then(
      () => undefined,
      (error) => error,
    )
    expect(failed).toBeInstanceOf(ConfigError)
    expect(failed.message).toContain('serviceId')
  })

  it.each([
    [{ onDeny: 'explode' }, 'onDeny'],
    [{ global: 'yes' }, 'global'],
    [{ gateway: {} }, 'gateway'],
  ])('refuses %o', async (wrong, name) => {
    const failed = createFastify().register(threescale, { ...OPTIONS, ...wrong } as never)
    await expect(Promise.resolve(failed)).rejects.toThrow(name)
  })

  it("accepts Fastify's own options of register", async () => {
    const app = createApp()
    await app.register(threescale, { ...OPTIONS, prefix: '/x', logLevel: 'warn' } as never)
    expect(app.threescale.options.serviceId).toBe('1')
  })

  it.each([true, false])('takes an onDeny that returns the reply (asynchronously: %s)', async (late) => {
    const app = createApp()
    await app.register(threescale, {
      gateway: scriptGateway(() => denied()) as never,
      onDeny: late
        ? async (_denied, _request, reply) => reply.code(418).send()
        : (_, __, reply) => reply.code(418).send(),
    })
    app.get('/', async () => 'served')
    expect((await app.inject('/')).statusCode).toBe(418)
  })

  it('closes a gateway that it created with the app, and no other', async () => {
    const own = createFastify()
    await own.register(threescale, OPTIONS)
    const { threescale: made } = own
    await own.close()
    const given = createGateway(OPTIONS)
    const other = createFastify()
    await other.register(threescale, { gateway: given as never })
    await other.close()
    const view = { method: 'GET', url: '/', header: () => undefined }
    expect(await made.evaluate(view as never)).toMatchObject({ code: 'gateway_closed' })
    expect(await given.evaluate(view)).toMatchObject({ code: 'credentials_missing' })
    await given.close()
  })
})

it.each([
  [['query', 'form'], 'read'],
  [['query', 'headers'], 'unread'],
])('with credentials in %o a body is %s when the gateway is asked', async (locations, state) => {
  let body: unknown
  const gateway = scriptGateway((view) => {
    body = (view as unknown as { request: { body: unknown } }).request.body
    return denied()
  }, locations)
  const app = createApp()
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, text, done) => done(null, text))
  await app.register(threescale, { gateway: gateway as never })
  app.post('/', async () => 'served')
  await app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'text/plain' }, payload: 'text' })
  expect(body).toBe(state === 'read' ? 'text' : undefined)
})

it('refuses bad percent-escapes before the gateway is asked', async () => {
  const gateway = scriptGateway(() => allow())
  const app = createApp()
  await app.register(threescale, { gateway: gateway as never })
  app.get('/words/:word', async () => 'served')
  await app.ready()
  const answer = await app.inject({ method: 'GET', url: '/words/%zz' })
  expect([answer.statusCode, gateway.asked.length]).toEqual([400, 0])
})

describe('a response that was answered while the gateway decided', () => {
  it.each<[string, Script]>([
    ['a denial', () => denied()],
    ['an allowance', () => allow()],
    [
      'a failed callback',
      () => {
        throw new Error('the callback failed')
      },
    ],
  ])('gets nothing more from %s, and nothing is logged', async (_, outcome) => {
    const logged: string[] = []
    let decide: (() => void) | undefined
    const gateway = scriptGateway(async (view, route) => {
      await new Promise<void>((resolve) => {
        decide = resolve
      })
      return outcome(view, route)
    })
    const app = createFastify({
      logger: { level: 'warn', stream: { write: (line: string) => void logged.push(line) } },
    })
    onTestFinished(() => app.close())
    let served = 0
    app.addHook('onRequest', (_request, reply, done) => {
      reply.raw.once('finish', () => decide?.())
      setTimeout(() => reply.code(503).send('too slow'))
      done()
    })
    await app.register(threescale, { gateway: gateway as never })
    app.get('/', async () => `served ${++served}`)
    const answer = await app.inject('/')
    await settled()
    expect([answer.statusCode, answer.body, served]).toEqual([503, 'too slow', 0])
    expect(logged).toEqual([])
  })
})

describe('HTTP/2', () => {
  async function serve(script: Script) {
    const gateway = scriptGateway(script)
    const app = createFastify({ http2: true })
    onTestFinished(() => app.close())
    await app.register(threescale, { gateway: gateway as never } as never)
    app.all('/words', (_request, reply) => void reply.header('x-tokens', '42').send('served'))
    app.get('/slow', () => new Promise(() => {}))
    const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
    onTestFinished(() => session.destroy())
    const ask = (headers: object, body?: string) =>
      new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
        const stream = session.request({ ...headers })
        let received: Record<string, unknown> = {}
        let text = ''
        stream.on('response', (fields) => {
          received = fields
        })
        stream.on('data', (chunk) => {
          text += chunk
        })
        stream.on('end', () => resolve({ status: received[':status'] as number, headers: received, body: text }))
        stream.on('error', reject)
        stream.end(body)
      })
    return { gateway, session, ask }
  }

  it('takes the host from :authority, admits and settles', async () => {
    const { gateway, ask } = await serve(() => allow({ headers: { ratelimit: 'x' } }))
    const answer = await ask({ ':path': '/words?user_key=k', ':authority': 'api.example' })
    expect(answer).toMatchObject({ status: 200, body: 'served', headers: { ratelimit: 'x' } })
    expect([gateway.asked[0]?.host, gateway.asked[0]?.url]).toEqual(['api.example', '/words?user_key=k'])
    await eventually(() => gateway.settled.length === 1, 'settling')
    const { response } = gateway.settled[0]!
    expect([response.status, response.finished, response.header('x-tokens')]).toEqual([200, true, '42'])
  })

  it.each([true, false])('answers HEAD, whose stream Node has ended from the start (at once %s)', async (atOnce) => {
    const { gateway, ask } = await serve(() => (atOnce ? allow() : settled().then(() => allow())))
    const answer = await ask({ ':path': '/words', ':method': 'HEAD' })
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'x-tokens': '42' } })
    await eventually(() => gateway.settled.length === 1, 'settling')
    const { response } = gateway.settled[0]!
    expect([response.finished, response.header('x-tokens')]).toEqual([true, '42'])
    expect(gateway.asked[0]?.aborted).toBe(false)
  })

  it('removes a parameter from all places where Node keeps the target', async () => {
    const seen: unknown[] = []
    const { ask } = await serve((view) => {
      view.setUrl?.('/words?page=2')
      const { raw } = view as FastifyView
      seen.push(raw.url, raw.rawHeaders, raw.headers)
      return allow()
    })
    expect((await ask({ ':path': '/words?user_key=s3cr3t&page=2' })).status).toBe(200)
    expect(seen[0]).toBe('/words?page=2')
    expect(JSON.stringify(seen)).not.toContain('s3cr3t')
  })

  it('denies, also uploads, without a warning of Node', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const { ask } = await serve(() => denied())
    const answer = await ask({ ':path': '/words', ':method': 'POST', 'content-length': '100000' }, 'x'.repeat(100_000))
    process.off('warning', note)
    expect(answer).toMatchObject({
      status: 429,
      body: denied().body,
      headers: { 'content-type': 'application/problem+json' },
    })
    expect(warnings).toEqual([])
  })

  it('a cancelled stream is settled as not finished', async () => {
    const { gateway, session } = await serve(() => allow())
    const stream = session.request({ ':path': '/slow' })
    stream.on('error', () => {})
    await eventually(() => gateway.asked.length === 1, 'the gateway being asked')
    expect(gateway.asked[0]?.signal?.aborted).toBe(false)
    stream.close(8)
    await eventually(() => gateway.settled.length === 1, 'settling')
    expect(gateway.settled[0]?.response.finished).toBe(false)
    expect(gateway.asked[0]?.signal?.aborted).toBe(true)
  })
})

describe('a configuration from the portal', () => {
  async function startPortal() {
    const portal = await startStubPortal([stubConfig(1)])
    onTestFinished(() => portal.close())
    return portal
  }

  it('is loaded before the app is ready', async () => {
    const portal = await startPortal()
    const app = createApp()
    await app.register(threescale, { portal: { endpoint: portal.endpoint }, logger: quietLogger })
    app.get('/words', async () => 'served')
    const answer = await app.inject({ url: '/words', headers: { host: 'api-1.example.com' } })
    // No credentials: the service was found.
    expect(answer.statusCode).toBe(401)
  })

  it('that cannot be loaded fails the start with its own reason, before Fastify gives the plugin up', async () => {
    const portal = await startPortal()
    portal.answer = (_request, response) => void response.writeHead(403).end()
    const app = createFastify({ pluginTimeout: 3000 })
    app.register(threescale, { portal: { endpoint: portal.endpoint }, logger: quietLogger })
    await expect(app.ready()).rejects.toMatchObject({ code: 'ERR_THREESCALE_LOAD', reason: 'status_403' })
    await app.close()
  })
})
