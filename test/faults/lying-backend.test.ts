/** Law 4: a 200 that is not a complete answer of 3scale admits no caller, and never with the backend as source. */
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ask } from '../contract/wire.ts'
import { startBackend, TYPE } from '../support/socket-backend.ts'
import { guards, startApp, watchForAccidents } from './guarded-app.ts'

watchForAccidents()

const YES =
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Free</plan>' +
  '<app_keys app="free" svc="2555417"></app_keys></status>'

type Lie = (response: ServerResponse) => void

const tellTheTruth: Lie = (response) => {
  const isReport = response.req.method === 'POST'
  response.writeHead(isReport ? 202 : 200, { 'content-type': TYPE }).end(isReport ? '' : YES)
}

const say =
  (status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): Lie =>
  (response) =>
    void response.writeHead(status, headers).end(body)

/** Announces the full length and sends less. */
const breakOffAfter =
  (bytes: number): Lie =>
  (response) => {
    response.writeHead(200, { 'content-type': TYPE, 'content-length': YES.length })
    response.write(YES.slice(0, bytes), () => response.destroy())
  }

const lies: Readonly<Record<string, Lie>> = {
  'an empty body': say(200, { 'content-type': TYPE }, ''),
  'an empty body without a type': say(200, {}, ''),
  'a page of HTML': say(200, { 'content-type': 'text/html' }, '<html><body>welcome</body></html>'),
  'a page of HTML that calls itself 3scale': say(200, { 'content-type': TYPE }, '<html><body>welcome</body></html>'),
  'a yes as HTML': say(200, { 'content-type': 'text/html' }, YES),
  'a yes in JSON': say(200, { 'content-type': 'application/json' }, '{"status":{"authorized":true}}'),
  'a compressed yes': say(200, { 'content-type': TYPE, 'content-encoding': 'gzip' }, gzipSync(YES)),
  'a yes of more than 256 KiB': say(200, { 'content-type': TYPE }, YES + ' '.repeat(300 * 1024)),
  'a yes with something after it': say(200, { 'content-type': TYPE }, `${YES}<html></html>`),
  'a yes that is a no': say(200, { 'content-type': TYPE }, YES.replace('true', 'false')),
  'a yes in a comment': say(200, { 'content-type': TYPE }, `<!-- ${YES} -->`),
  garbage: say(200, { 'content-type': TYPE }, Buffer.from([0, 7, 0x3c, 0x3c, 0xff, 0xfe, 0x26])),
  'a yes without content (204)': say(204, { 'content-type': TYPE }, ''),
  'a yes that was only accepted (202)': say(202, { 'content-type': TYPE }, YES),
  'part of a yes (206)': say(206, { 'content-type': TYPE }, YES),
  'a redirect to a login page': say(302, { location: '/login', 'content-type': TYPE }, YES),
  ...Object.fromEntries(
    [20, 75, 100, YES.length - 1].flatMap((bytes) => [
      [`a yes broken off after ${bytes} bytes`, breakOffAfter(bytes)],
      [`a yes that ends after ${bytes} bytes`, say(200, { 'content-type': TYPE }, YES.slice(0, bytes))],
    ]),
  ),
}

/** A backend that answers correctly until a test makes it lie. */
async function startLiar() {
  let lie: Lie | undefined
  const { url } = await startBackend((_request, response) => (lie ?? say(200, { 'content-type': TYPE }, YES))(response))
  return {
    url,
    tell(next: Lie | undefined) {
      lie = next
    },
  }
}

describe.each(guards)('$name', ({ framework, cache }) => {
  // Each lie is about another caller, so that none is known yet. Without `breaker: false` only the first would be seen.
  const settings = { cache, breaker: false } as const
  const everyLie = Object.entries(lies).map(([what, lie], index) => ({
    what,
    lie,
    target: `/?user_key=caller-${index}`,
  }))

  it('law 4: no lie admits a caller', async () => {
    const backend = await startLiar()
    const { port, served } = await startApp(framework, { ...settings, backendUrl: backend.url })
    for (const { what, lie, target } of everyLie) {
      backend.tell(lie)
      const answer = await ask(port, { target })
      expect([answer.status, JSON.parse(answer.body).code], what).toEqual([503, 'backend_unavailable'])
    }
    expect(served).toEqual([])
  })

  it("law 4: under 'allow' a lie admits by policy, never with the backend as source", async () => {
    const backend = await startLiar()
    const { port, served } = await startApp(framework, {
      ...settings,
      backendUrl: backend.url,
      onUnavailable: 'allow',
    })
    for (const { what, lie, target } of everyLie) {
      backend.tell(lie)
      expect((await ask(port, { target })).status, what).toBe(200)
    }
    expect(served).toEqual(everyLie.map(() => 'policy'))
    // So that the usage which waits is delivered, and closing does not wait for that.
    backend.tell(tellTheTruth)
  })

  it("law 4: under 'last-known' a lie admits no new caller, and known callers by policy", async () => {
    const backend = await startLiar()
    const { port, served } = await startApp(framework, {
      ...settings,
      cache: cache && { ttlMs: 1, staleMs: 1 },
      backendUrl: backend.url,
      onUnavailable: 'last-known',
    })
    expect((await ask(port, { target: '/?user_key=known' })).status).toBe(200)
    expect(served.splice(0)).toEqual(['backend'])
    for (const { what, lie, target } of everyLie) {
      backend.tell(lie)
      expect((await ask(port, { target })).status, what).toBe(503)
      expect((await ask(port, { target: '/?user_key=known' })).status, what).toBe(200)
    }
    expect(new Set(served)).toEqual(new Set(['policy']))
  })

  it('law 3: a 404 of something in front of 3scale is an outage, and no verdict on known callers', async () => {
    const backend = await startLiar()
    const ingress = say(404, { 'content-type': 'text/plain' }, 'default backend - 404')
    const denying = await startApp(framework, { ...settings, backendUrl: backend.url })
    const lasting = await startApp(framework, { ...settings, backendUrl: backend.url, onUnavailable: 'last-known' })
    expect((await ask(lasting.port, { target: '/?user_key=known' })).status).toBe(200)
    backend.tell(ingress)
    const answer = await ask(denying.port, { target: '/?user_key=caller' })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([503, 'backend_unavailable'])
    expect((await ask(lasting.port, { target: '/?user_key=caller' })).status).toBe(503)
    expect((await ask(lasting.port, { target: '/?user_key=known' })).status).toBe(200)
    backend.tell(undefined)
    expect((await ask(denying.port, { target: '/?user_key=caller' })).status).toBe(200)
    expect(denying.served).toEqual(['backend'])
  })

  it('believes correct answers', async () => {
    const backend = await startLiar()
    const { port, served } = await startApp(framework, { ...settings, backendUrl: backend.url })
    expect((await ask(port, { target: '/?user_key=caller' })).status).toBe(200)
    expect(served).toEqual(['backend'])
  })
})
