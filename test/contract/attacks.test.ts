/** Law 13: requests that once reached a dear route at the price of `/`, or a route without being asked about. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Router from '@koa/router'
import { threescale as threescaleExpress } from '@threescale/express'
import { type FastifyView, threescale as threescaleFastify } from '@threescale/fastify'
import { threescale as threescaleKoa } from '@threescale/koa'
import express5 from 'express'
import express4 from 'express4'
import createFastify from 'fastify'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import inject from 'light-my-request'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEmulatedBackend } from '../support/emulated-backend.ts'

/** Rules for GET; a metric other than `cheap` is dear. */
const rulesOf = (patterns: readonly string[]) => [
  { method: 'GET', pattern: '/', metric: 'hits', delta: 1 },
  ...patterns.map((pattern) => ({ method: 'GET', pattern, metric: 'hits', delta: 5 })),
]
const optionsOf = (patterns: readonly string[]) => ({
  serviceId: '2555417',
  serviceToken: 'demo-token',
  mappingRules: rulesOf(patterns),
  credentials: { in: ['headers'] as const },
  ...unlimited().seams,
})

/** The backend, without limits. */
function unlimited() {
  const backend = createEmulatedBackend()
  const state = backend.emulator.state()
  const services = state.services.map((service) => ({
    ...service,
    plans: service.plans?.map((plan) => ({ ...plan, limits: [] })),
  }))
  backend.emulator.setState({ ...state, services } as typeof state)
  return backend
}
type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Sends the target as it stands, and tells what served it: hits, or the status of the denial. */
async function ask(listener: Listener, target: string, method: 'GET' | 'HEAD' = 'GET') {
  const verbatim: Listener = (request, response) => {
    request.url = target
    listener(request, response)
  }
  const answer = await inject(verbatim as never, { method, url: '/', headers: { 'user-key': 'good-key' } })
  return answer.statusCode === 200 ? Number(answer.headers['x-hits']) : answer.statusCode
}

interface Planned {
  readonly rules: readonly string[]
  /** Paths, in the framework's syntax, below the mount if there is one. */
  readonly paths: readonly string[]
  readonly mount?: string
}

function onExpress(express: typeof express5, { rules, paths, mount: at }: Planned): Listener {
  const app = express()
  const protect = threescaleExpress(optionsOf(rules))
  onTestFinished(() => void protect.gateway.close())
  const inner = at === undefined ? app : express.Router()
  app.use(protect)
  for (const path of paths) {
    inner.get(path, ({ threescale }, response) => void response.set('x-hits', String(threescale?.usage.hits)).end())
  }
  if (at !== undefined) app.use(at, inner)
  return app
}

function onKoa(Koa: typeof Koa3, { rules, paths, mount: at }: Planned): Listener {
  const app = new Koa()
  const guard = threescaleKoa(optionsOf(rules))
  onTestFinished(() => void guard.gateway.close())
  const router = new Router()
  for (const path of paths) {
    router.get(path, (ctx) => {
      ctx.set('x-hits', String(ctx.state.threescale?.usage.hits))
      ctx.body = ''
    })
  }
  const inner = new Koa().use(router.routes() as never)
  app.use(guard).use(at === undefined ? mount(inner) : mount(at, inner))
  return app.callback()
}

async function onFastify(router: object, { rules, paths }: Planned): Promise<Listener> {
  const app = createFastify({ routerOptions: router })
  onTestFinished(() => app.close())
  await app.register(threescaleFastify, optionsOf(rules))
  for (const path of paths) {
    app.get(path, async ({ threescale }, reply) => reply.header('x-hits', String(threescale?.usage.hits)).send(''))
  }
  await app.ready()
  return (request, response) => app.routing(request, response)
}

describe.each([
  ['Express 4', (planned: Planned) => onExpress(express4, planned)],
  ['Express 5', (planned: Planned) => onExpress(express5, planned)],
  ['Koa 2', (planned: Planned) => onKoa(Koa2, planned)],
  ['Koa 3', (planned: Planned) => onKoa(Koa3, planned)],
])('law 13: %s', (name, make) => {
  it.each(['/api//u@h/dear#', '/api//u@h/dear?#', '/api//u@h/dear?a=\u00a0', '//u@dear/api/zzz#', '/api/dear\u00a0'])(
    'a mount that parses again what it has cut is not served by %j',
    async (target) => {
      const app = make({ rules: ['/api/dear'], paths: ['/dear', '/zzz'], mount: '/api' })
      expect(await ask(app, '/api/dear')).toBe(6)
      expect(await ask(app, target)).toBeGreaterThanOrEqual(400)
    },
  )

  it('characters that a second parse escapes move no prefix', async () => {
    const app = make({ rules: ["/it's$", '/{w}$'], paths: ["/it's", '/:w'] })
    expect(await ask(app, "/it's")).toBe(11)
    expect(await ask(app, "/it's?#")).toBe(400)
  })

  it('an absolute target counts like its path', async () => {
    const app = make({ rules: ['/dear'], paths: ['/dear'] })
    expect(await ask(app, 'http://api.test:8080/dear?x=1')).toBe(6)
    expect(await ask(app, 'http://a;b/dear')).toBeGreaterThanOrEqual(400)
    expect(await ask(app, "http://api.test/de'ar")).toBeGreaterThanOrEqual(400)
  })

  it('a wildcard that is nothing but slashes is the dear one', async () => {
    const wildcard = name === 'Express 4' ? '/files/secret/*' : '/files/secret/*rest'
    const app = make({ rules: ['/files/secret/{rest}'], paths: [wildcard] })
    expect(await ask(app, '/files/secret/x')).toBe(6)
    expect(await ask(app, '/files/secret//')).toBe(400)
    // In Express 4 the wildcard may be empty; elsewhere not, but the gateway cannot tell it from `{*rest}`.
    expect(await ask(app, '/files/secret/')).toBe(400)
  })
})

describe('law 13: Express', () => {
  it.each([express4, express5])(
    'a mount at a parameter is not moved by characters that are escaped',
    async (express) => {
      const app = onExpress(express, { rules: ['/{t}/dear'], paths: ['/dear'], mount: '/:t' })
      expect(await ask(app, '/t/dear')).toBe(6)
      expect(await ask(app, "/'t/a/dear#")).toBe(400)
    },
  )

  it('a router without an app serves every spelling', async () => {
    const router = express5.Router()
    router.use(threescaleExpress(optionsOf(['/dear'])))
    router.get(
      '/dear',
      ({ threescale }, response) => void response.setHeader('x-hits', String(threescale?.usage.hits)).end(),
    )
    const listener: Listener = (request, response) => router(request as never, response as never, () => response.end())
    expect(await ask(listener, '/DEAR')).toBe(6)
  })

  it.each([
    ['none', false],
    ['one of the class URLSearchParams', (text: string) => new URLSearchParams(text)],
  ])('conditions hold for whatever parses the query: %s', async (_, parser) => {
    for (const express of [express4, express5]) {
      const app = express()
      app.set('query parser', parser)
      app.use(threescaleExpress(optionsOf(['/r?mode=live'])))
      app.get('/r', ({ threescale }, response) => void response.set('x-hits', String(threescale?.usage.hits)).end())
      expect([await ask(app, '/r?mode=live'), await ask(app, '/r?mode=test')]).toEqual([6, 1])
      expect(await ask(app, '/r?mode=live&mode=x')).toBe(400)
    }
  })
})

describe('law 13: Fastify', () => {
  it('letters that the router folds are folded in rules', async () => {
    const app = await onFastify({ caseSensitive: false }, { rules: ['/keys', '/café'], paths: ['/keys', '/café'] })
    for (const target of ['/keys', '/KEYS', '/%E2%84%AAeys', '/caf%C3%A9', '/CAF%C3%89']) {
      expect([target, await ask(app, target)]).toSatisfy(([, hits]) => hits === 6 || hits >= 400)
    }
    expect([await ask(app, '/KEYS'), await ask(app, '/CAF%C3%89')]).toEqual([6, 6])
    expect(await ask(app, '/%E2%84%AAeys')).not.toBe(1)
  })

  it.each([
    ['/a/:x-:y', '/a/{x}-{y}', '/a/p-q', ['/a/-y', '/a/x-', '/a/-']],
    ['/b/:x.:y', '/b/{x}.{y}', '/b/p.q', ['/b/x.', '/b/.y']],
    ['/c/pre:z', '/c/pre{z}', '/c/prez', ['/c/pre']],
    ['/:word', '/{word}', '/x', ['/']],
    ['/files/secret/*', '/files/secret/{rest}', '/files/secret/x', ['/files/secret/', '/files/secret//']],
  ])('the route %s is not served at another price with empty parameters', async (path, rule, plain, targets) => {
    const app = await onFastify({}, { rules: [rule], paths: [path] })
    expect(await ask(app, plain)).toBe(6)
    for (const target of targets) expect([target, await ask(app, target)]).not.toEqual([target, 1])
  })

  it('ordinary paths that no parameter of a rule matches are served by any route', async () => {
    const app = createFastify()
    onTestFinished(() => app.close())
    await app.register(threescaleFastify, optionsOf(['/v1/{x}']))
    const handler = async ({ threescale }: { threescale: { usage: { hits?: number } } | null }) => ({
      hits: threescale?.usage.hits,
    })
    app.get('*', handler)
    app.get('/p/:a(^[a-z]+$)/q/*', handler)
    await app.register(async (scope) => void scope.setNotFoundHandler(handler as never), { prefix: '/app' })
    for (const url of ['/', '/?a', '/x', '/p/a/q/', '/app/', '/app/x']) {
      const { body } = await app.inject({ url, headers: { 'user-key': 'good-key' } })
      expect([url, body]).toEqual([url, '{"hits":1}'])
    }
  })

  it('the root of an absolute target is the root', async () => {
    const app = await onFastify({}, { rules: [], paths: ['/'] })
    expect([await ask(app, 'http://api.test'), await ask(app, 'http://api.test?a')]).toEqual([1, 1])
  })

  const paid = { usage: (view: FastifyView) => ({ hits: (view.request.body as { big?: 1 } | undefined)?.big ? 5 : 1 }) }

  it('routes that were declared before the plugin loads wait for the body, and are asked about', async () => {
    const app = createFastify()
    onTestFinished(() => app.close())
    app.register(threescaleFastify, optionsOf([]))
    const handler = async ({ threescale }: { threescale: { usage: object } | null }) => threescale?.usage ?? 'unasked'
    app.post('/one', { config: { threescale: paid } }, handler)
    app.register(async (scope) => void scope.post('/two', { config: { threescale: paid } }, handler))
    await app.ready()
    for (const url of ['/one', '/two']) {
      const send = (headers: Record<string, string>) =>
        app
          .inject({ method: 'POST', url, headers, payload: { big: 1 } })
          .then(({ statusCode, body }) => [statusCode, body])
      expect(await send({})).toEqual([401, expect.anything()])
      expect(await send({ 'user-key': 'good-key' })).toEqual([200, '{"hits":5}'])
    }
  })

  it('a hook of the application replaces no guard', async () => {
    const app = createFastify()
    onTestFinished(() => app.close())
    await app.register(threescaleFastify, optionsOf([]))
    app.addHook('onRoute', (route) => {
      route.preValidation = (_request, _reply, done) => done()
    })
    app.get('/one', { config: { threescale: paid } }, async () => 'served')
    expect((await app.inject('/one')).statusCode).toBe(401)
  })
})
