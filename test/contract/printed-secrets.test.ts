/**
 * Law 5 for what a process prints: frameworks write thrown denials to the console, and closing announces losses.
 * Callers use every location, and send keys that break the backend's answer.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Server } from 'node:http'
import { CHANNELS, type GatewayOptions } from '@threescale/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { everythingOf } from '../support/everything-of.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { contractState, SERVICE, useEmulator } from './backend.ts'
import type { App } from './framework.ts'
import { frameworks } from './frameworks/all.ts'
import { ask, everything, open } from './wire.ts'

const TOKEN = 'serviceTokenSECRET'
const PROVIDER_KEY = 'providerKeySECRET'
const USER_KEYS = {
  good: 'goodUserSECRET',
  limited: 'limitedUserSECRET',
  suspended: 'suspendedUserSECRET',
  unknown: 'unknownUserSECRET',
  breaking: 'brokenUserSECRET<&"\u0001',
  long: `longUserSECRET${'x'.repeat(5000)}`,
}
const APP_KEYS = { good: 'goodAppKeySECRET', wrong: 'wrongAppKeySECRET' }

/** All texts that were shown anywhere. */
const shownTexts: string[] = []

function record(...values: unknown[]): void {
  for (const value of values) shownTexts.push(everythingOf(value))
}

/** Finds secrets as they are, and decoded from base64. */
function leaks(): string[] {
  const all = shownTexts.join('\n')
  const decoded = all.replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (text) => `${text} ${Buffer.from(text, 'base64')}`)
  return [...decoded.matchAll(/.{0,80}SECRET.{0,40}/gs)].map(([text]) => text)
}

const backend = useEmulator()
let garbage: Server
let garbageUrl: string
const restore: (() => void)[] = []

beforeAll(async () => {
  // Something in place of a backend, which repeats the whole request.
  garbage = createServer((request, response) => {
    response.writeHead(Number(request.url?.split('/')[1]), { 'content-type': 'text/html', 'x-echo': request.url })
    response.end(`<html>${request.url}`)
  })
  garbageUrl = `http://127.0.0.1:${await listenOnLoopback(garbage)}`
})
afterAll(() => closeServer(garbage))

beforeEach(() => {
  const state = contractState()
  const [byKey, byId] = state.services
  for (const service of state.services) Object.assign(service, { service_tokens: [TOKEN], provider_key: PROVIDER_KEY })
  const keys: Record<string, string> = {
    free: USER_KEYS.good,
    limited: USER_KEYS.limited,
    suspended: USER_KEYS.suspended,
  }
  for (const application of byKey!.applications!)
    application.user_keys = keys[application.id] ? [keys[application.id]!] : []
  byId!.applications = [{ id: 'keyed', plan: 'free', application_keys: [APP_KEYS.good] }]
  backend.emulator.setState(state)

  const channels = Object.values(CHANNELS)
  for (const channel of channels) subscribe(channel, record)
  process.on('warning', record)
  restore.push(() => {
    for (const channel of channels) unsubscribe(channel, record)
    process.off('warning', record)
  })
  // Express and Koa print the errors that their default handlers answer.
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write
    stream.write = ((chunk: unknown) => {
      shownTexts.push(String(chunk))
      return true
    }) as never
    restore.push(() => {
      stream.write = write
    })
  }
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const original = console[name]
    console[name] = record
    restore.push(() => {
      console[name] = original
    })
  }
})
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
  shownTexts.splice(0)
})

const logger = { debug: record, info: record, warn: record, error: record }

describe.each(frameworks)('$name', (framework) => {
  const apps: App[] = []
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close()
  })

  /** Includes what is shown when an app ends. */
  async function expectSilence(): Promise<void> {
    for (const app of apps.splice(0)) {
      record(await app.gateway.close({ timeoutMs: 20 }))
      await app.close()
    }
    expect(leaks().slice(0, 5)).toEqual([])
  }

  async function serve(options: GatewayOptions, onDeny: 'answer' | 'throw'): Promise<number> {
    const guard = { serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url, logger, ...options }
    const routes = {
      '/words': (call: { threescale: unknown; send(status: number, body: string): void }) => {
        record(call.threescale)
        call.send(200, 'served')
      },
    }
    const app = await framework.create({ guard, onDeny, routes, onError: record })
    apps.push(app)
    record(app.gateway, app.gateway.options, app.gateway.stats())
    return app.listen()
  }

  async function send(port: number, query: string, headers: Record<string, string> = {}): Promise<void> {
    shownTexts.push(String(await everything(open(port, { target: `/words?${query}`, headers }))))
  }

  const every = Object.values(USER_KEYS).map((key) => `user_key=${encodeURIComponent(key)}`)

  it.each(['answer', 'throw'] as const)(
    'law 5: no credential of a caller is shown anywhere (onDeny %s)',
    async (onDeny) => {
      const port = await serve({ usage: { hits: 2 } }, onDeny)
      for (const query of [...every, 'user_key=unknownUserSECRET%ff', 'user_key=unknownUserSECRET%zz']) {
        await send(port, query)
        await send(port, query)
      }
      const byId = await serve(
        { serviceId: '2555418', credentials: { kind: 'appId', in: ['authorization', 'query'] } },
        onDeny,
      )
      for (const key of Object.values(APP_KEYS)) {
        await send(byId, `app_id=keyed&app_key=${key}`)
        await send(byId, '', { authorization: `Basic ${Buffer.from(`keyed:${key}`).toString('base64')}` })
      }
      expect(shownTexts.length).toBeGreaterThan(30)
      expect(leaks().slice(0, 5)).toEqual([])
    },
  )

  it.each(['answer', 'throw'] as const)(
    'law 5: no credential is shown while the backend fails (onDeny %s)',
    async (onDeny) => {
      const places = [
        'http://127.0.0.1:1',
        ...['200', '204', '302', '400', '403', '404', '429', '500'].map((status) => `${garbageUrl}/${status}`),
      ]
      for (const backendUrl of places) {
        const port = await serve({ backendUrl, onUnavailable: onDeny === 'throw' ? 'allow' : 'deny' }, onDeny)
        for (const query of every) await send(port, query)
      }
      await expectSilence()
    },
  )
})

it('the search finds secrets', async () => {
  for (const text of [
    'goodUserSECRET',
    Buffer.from('keyed:goodAppKeySECRET').toString('base64'),
    'a%20goodUserSECRET%3C',
  ]) {
    shownTexts.splice(0, shownTexts.length, text)
    expect(leaks()).toHaveLength(1)
  }
  const page = createServer((request, response) => response.end(request.url))
  const port = await listenOnLoopback(page)
  shownTexts.splice(0, shownTexts.length, (await ask(port, { target: '/?user_key=goodUserSECRET' })).body)
  await closeServer(page)
  expect(leaks()).toHaveLength(1)
})
