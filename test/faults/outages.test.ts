/** The backend's failures, seen through every framework: what callers get, and that nothing else happens. */
import { createServer } from 'node:http'
import type { GatewayOptions } from '@threescale/core'
import { createEmulator, type Emulator } from '@threescale/emulator'
import { afterEach, describe, expect, it } from 'vitest'
import { contractState, SERVICE, TOKEN } from '../contract/backend.ts'
import type { App, Handler } from '../contract/framework.ts'
import { frameworks } from '../contract/frameworks/all.ts'
import { type Answer, ask, open } from '../contract/wire.ts'
import { eventually } from '../support/eventually.ts'
import { startHoldingBackend } from '../support/holding-backend.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { responsesTo } from '../support/responses-to.ts'
import { watchLostTime } from './lost-time.ts'

const TIMEOUT_MS = 300
/** How long a call may take beyond its deadline. */
const GRACE_MS = 250

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const failures: unknown[] = []
process.on('unhandledRejection', (error) => failures.push(error))
afterEach(() => expect(failures.splice(0)).toEqual([]))

async function startEmulator(): Promise<{ emulator: Emulator; url: string }> {
  const emulator = createEmulator({ state: contractState() })
  closing.push(() => emulator.close())
  return { emulator, url: await emulator.listen() }
}

async function startApp(create: (setup: never) => Promise<App>, options: GatewayOptions, handler?: Handler) {
  const served: string[] = []
  const count: Handler = (call) => {
    served.push(String(call.threescale?.source))
    if (handler === undefined) call.send(200, 'hello')
    else return handler(call)
  }
  const guard = { serviceId: SERVICE, serviceToken: TOKEN, timeoutMs: TIMEOUT_MS, logger: quietLogger, ...options }
  const app = await create({ guard, routes: { '/': count } } as never)
  closing.push(() => app.close())
  // Short, because a dead backend never accepts the pending reports.
  closing.push(() => app.gateway.close({ timeoutMs: 20 }))
  return { app, port: await app.listen(), served }
}

const get = (port: number, key = 'free-key', headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(port, { target: `/?user_key=${key}`, headers })
const codeOf = ({ body }: Answer) => JSON.parse(body).code

const modes = [
  { mode: 'direct', cache: false },
  { mode: 'cached', cache: { ttlMs: 1, staleMs: 1 } },
] as const
const table = frameworks.flatMap((framework) => modes.map((mode) => ({ ...framework, ...mode })))

describe.each(table)('$name, $mode', ({ create, cache }) => {
  it.each([
    ['deny', 503],
    ['allow', 200],
  ] as const)("answers every caller in time while the backend dies under '%s'", async (onUnavailable, status) => {
    const { emulator, url } = await startEmulator()
    const { port } = await startApp(create, { backendUrl: url, cache, onUnavailable })
    // The first calls of a busy process may take longer than the time-out.
    await expect.poll(async () => (await get(port)).status, { timeout: 10_000 }).toBe(200)
    emulator.setFaults([{ kind: 'stall' }])
    const lostTime = watchLostTime()
    const asked = Date.now()
    const timed = async () => ({ answer: await get(port), tookMs: Date.now() - asked })
    const running = Array.from({ length: 20 }, timed)
    await emulator.close()
    const answered = await Promise.all(running)
    const deadlineMs = TIMEOUT_MS + GRACE_MS + lostTime()
    for (const { answer, tookMs } of answered) {
      expect(answer.status).toBe(status)
      if (status === 503) expect([codeOf(answer), answer.headers['retry-after']]).toEqual(['backend_unavailable', '1'])
      expect(tookMs).toBeLessThanOrEqual(deadlineMs)
    }
    const late = await timed()
    expect(late.answer.status).toBe(status)
  })

  const answers = {
    garbage: { kind: 'garbage' },
    truncated: { kind: 'truncate' },
    'a page of HTML': { kind: 'status', status: 200, body: '<html>ok</html>', content_type: 'text/html' },
    'nothing at all': { kind: 'status', status: 200, body: '', content_type: 'application/vnd.3scale-v2.0+xml' },
    'another document': {
      kind: 'status',
      status: 200,
      body: '<?xml version="1.0"?><status><authorized>true</authorized>',
      content_type: 'application/vnd.3scale-v2.0+xml',
    },
  } as const
  it.each(Object.entries(answers))('law 4: a 200 with %s admits no caller', async (_what, fault) => {
    const { emulator, url } = await startEmulator()
    emulator.setFaults([fault])
    const denying = await startApp(create, { backendUrl: url, cache })
    expect(codeOf(await get(denying.port))).toBe('backend_unavailable')
    expect(denying.served).toEqual([])
    const allowing = await startApp(create, { backendUrl: url, cache, onUnavailable: 'allow' })
    expect((await get(allowing.port)).status).toBe(200)
    expect(allowing.served).toEqual(['policy'])
  })

  it.each(['%3Cx%3E', '%26amp', '%01%02', '%00', '%FF%FE', '%22%3E%3C/error%3E', 'a%5B%5D'])(
    "law 3: the key %s is a denial under 'allow' too",
    async (key) => {
      const { url } = await startEmulator()
      const { port, served } = await startApp(create, { backendUrl: url, cache, onUnavailable: 'allow' })
      const answer = await get(port, key)
      expect(answer.status).toBe(403)
      expect(['user_key_invalid', 'credentials_malformed', 'not_valid_data']).toContain(codeOf(answer))
      expect(served).toEqual([])
    },
  )

  it("law 3: calls beyond maxCalls are denials under 'allow' too", async () => {
    const backend = await startHoldingBackend(contractState())
    const options = { backendUrl: backend.url, cache, onUnavailable: 'allow', maxCalls: 2, timeoutMs: 10_000 } as const
    const { port, served, app } = await startApp(create, options)
    const asking = Array.from({ length: 8 }, (_, index) => get(port, `unverified-${index}`))
    await eventually(() => app.gateway.stats().decisions.overloaded! > 0, 'a call too many')
    backend.release()
    const answers = await Promise.all(asking)
    expect(answers.filter(({ status }) => status === 200)).toEqual([])
    expect(answers.map(codeOf)).toContain('overloaded')
    expect(served).toEqual([])
  })

  it("law 3: no handler runs for a client that leaves, under 'allow' too", async () => {
    const backend = await startHoldingBackend(contractState())
    const options = { backendUrl: backend.url, cache, onUnavailable: 'allow', timeoutMs: 10_000 } as const
    const { port, served, app } = await startApp(create, options)
    const responses = responsesTo('/?user_key=')
    const socket = open(port, { target: '/?user_key=free-key' })
    await eventually(() => backend.held === 1, 'the call')
    socket.destroy()
    await eventually(() => responses[0]!.closed, 'the end of the connection')
    backend.release()
    await eventually(
      () => app.gateway.stats().decisions.client_closed_request === 1,
      'the decision about a client that has gone',
    )
    expect(served).toEqual([])
    expect((await get(port)).status).toBe(200)
    expect(served).toHaveLength(1)
  })
})

describe('law 3: a key of 100 KB', () => {
  it("is a denial under 'allow' too, if the server accepts such headers", async () => {
    const { url } = await startEmulator()
    const { threescale } = await import('@threescale/express')
    const { default: express } = await import('express')
    const app = express()
    const guard = threescale({
      serviceId: SERVICE,
      serviceToken: TOKEN,
      backendUrl: url,
      onUnavailable: 'allow',
      credentials: { in: ['headers'], maxBytes: 200_000 },
    })
    app.use(guard, (_request, response) => void response.send('hello'))
    const server = createServer({ maxHeaderSize: 300_000 }, app)
    closing.push(() => guard.gateway.close())
    closing.push(() => closeServer(server))
    const port = await listenOnLoopback(server)
    const answer = await ask(port, { headers: { 'user-key': 'k'.repeat(100_000) } })
    expect(answer.status).toBe(403)
  })
})
