/** Law 5 for callers with a form, with OAuth, or with a secret in their Referer. */
import type { GatewayOptions, RequestView } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formsOf } from '../support/everything-of.ts'
import { contractState, SERVICE, TOKEN, useEmulator } from './backend.ts'
import { frameworks } from './frameworks/all.ts'
import { useWatcher } from './watcher.ts'
import { type Asking, ask } from './wire.ts'

const BAD_TOKEN = 'SECRET-outdated token'
/** 3scale knows the first key of each location. */
const keys = ['SECRET-good', 'SECRET-stranger', 'SECRET "quoted" <key>', `SECRET-long${'x'.repeat(5000)}`]
const redirects = ['https://good.test/?state=SECRET-state', 'https://bad.test/?code=SECRET-code']
const referrers = ['https://good.test/?session=SECRET-good', 'https://bad.test/?session=SECRET-bad']

interface Location {
  readonly options: GatewayOptions
  readonly askings: readonly Asking[]
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

const places: Readonly<Record<string, Location>> = {
  'a form': {
    options: { credentials: { in: ['form'] } },
    askings: keys.map((key) => ({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `user_key=${encodeURIComponent(key)}`,
    })),
  },
  'a client id and redirect URL': {
    options: {
      serviceId: '2555419',
      credentials: (view: RequestView) => ({
        clientId: view.header('x-client') ?? '',
        redirectUrl: view.header('x-redirect') ?? '',
      }),
    },
    askings: keys.flatMap((key) =>
      redirects.map((redirect) => ({ headers: { 'x-client': latin1(key), 'x-redirect': redirect } })),
    ),
  },
  'a Referer': {
    options: { referrer: true },
    askings: [...referrers, 'https://caf\xe9.test/?session=SECRET-latin1'].map((referer) => ({
      target: '/?user_key=filtered-key',
      headers: { referer },
    })),
  },
}

function stateOfCallers() {
  const state = contractState()
  const [byKey, byId] = state.services
  byKey!.referrer_filters_required = true
  byKey!.applications = [
    { id: 'formed', plan: 'free', user_keys: [keys[0]!] },
    { id: 'filtered', plan: 'free', user_keys: ['filtered-key'], referrer_filters: ['https://good.test/*'] },
  ]
  const client = { id: keys[0]!, plan: 'free', redirect_url: redirects[0]! }
  state.services.push({ ...byId!, id: '2555419', backend_version: 'oauth', applications: [client] })
  return state
}

const backend = useEmulator(stateOfCallers)
const watcher = useWatcher()

describe.each(frameworks)('$name', ({ create }) => {
  async function serve(options: GatewayOptions, onDeny: 'answer' | 'throw') {
    const app = await create({
      guard: {
        serviceId: SERVICE,
        serviceToken: TOKEN,
        backendUrl: backend.url,
        logger: watcher.logger,
        ...options,
      } as GatewayOptions,
      onDeny,
      onError: watcher.see,
      forms: 'before',
    })
    onTestFinished(() => app.close())
    return { app, port: await app.listen() }
  }

  it.each(Object.entries(places))('law 5: secrets in %s are shown nowhere', async (_place, { options, askings }) => {
    const variants: GatewayOptions[] = [
      {},
      { cache: true },
      { onUnavailable: 'allow', breaker: false },
      { mode: 'observe' },
      { serviceToken: BAD_TOKEN },
    ]
    const statuses = new Set<number>()
    for (const [index, variant] of variants.entries()) {
      const { app, port } = await serve({ ...options, ...variant }, index % 2 === 0 ? 'throw' : 'answer')
      for (const fault of [undefined, { kind: 'garbage' }, { kind: 'reset' }] as const) {
        backend.emulator.setFaults(fault === undefined ? [] : [fault])
        for (const asking of askings) {
          const { status, headers, body } = await ask(port, asking)
          statuses.add(status)
          watcher.see({ status, headers, body })
        }
      }
      backend.emulator.setFaults([])
      for (const { headers = {} } of askings) {
        const view = { method: 'GET', url: '/?user_key=SECRET-stranger', header: (name: string) => headers[name] }
        watcher.see(await app.gateway.explain(view as never))
      }
      watcher.see(app.gateway)
      watcher.see(await app.gateway.close())
      watcher.see(app.gateway.stats())
    }
    expect([...statuses].sort()).toEqual([200, 403, 500, 503])
    const all = watcher.text()
    expect(all).not.toContain('SECRET')
    for (const form of [TOKEN, BAD_TOKEN, ...keys].flatMap(formsOf)) expect(all).not.toContain(form)
  })
})
