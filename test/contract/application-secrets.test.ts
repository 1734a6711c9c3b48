/** Law 5 for callers with an application key in any location, and for what handlers and reports see. */
import type { GatewayOptions } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formsOf } from '../support/everything-of.ts'
import { contractState, TOKEN, useEmulator } from './backend.ts'
import { frameworks } from './frameworks/all.ts'
import { useWatcher } from './watcher.ts'
import { type Asking, ask } from './wire.ts'

const SERVICE = '2555418'
const BAD_TOKEN = 'SECRET-outdated token'
const callers = [
  { id: 'keyed', key: 'keyed-secret' },
  { id: 'keyed', key: 'SECRET-bad key' },
  { id: 'keyed', key: 'SECRET-"quoted" <key>' },
  { id: 'SECRET-stranger', key: 'SECRET-bad key' },
  { id: 'SECRET <stranger>&amp;', key: 'keyed-secret' },
]
// The id of a known application is not secret from the handlers that serve it.
const secrets = [TOKEN, BAD_TOKEN, ...callers.flatMap(({ id, key }) => (id === 'keyed' ? [key] : [id, key]))]

const places: Readonly<Record<string, (id: string, key: string) => Asking>> = {
  query: (id, key) => ({ target: `/?app_id=${encodeURIComponent(id)}&app_key=${encodeURIComponent(key)}` }),
  headers: (id, key) => ({ headers: { 'app-id': id, 'app-key': key } }),
  authorization: (id, key) => ({
    headers: { authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}` },
  }),
}

const backend = useEmulator()
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
      routes: {
        '/': (call) => {
          watcher.see(call.threescale)
          call.send(200, 'hello')
        },
      },
    })
    onTestFinished(() => app.close())
    return { app, port: await app.listen() }
  }

  it.each(Object.entries(places))('law 5: an application key in %s is shown nowhere', async (place, askingOf) => {
    const credentials = { kind: 'appId', in: [place as 'query'] } as const
    const variants: GatewayOptions[] = [
      {},
      { cache: true },
      { usageAfter: () => ({ tokens: 2 }) },
      { onUnavailable: 'allow', breaker: false },
      { mode: 'observe' },
      { serviceToken: BAD_TOKEN },
    ]
    const statuses = new Set<number>()
    for (const [index, options] of variants.entries()) {
      const { app, port } = await serve({ ...options, credentials }, index % 2 === 0 ? 'throw' : 'answer')
      for (const fault of [undefined, { kind: 'garbage' }, { kind: 'reset' }] as const) {
        backend.emulator.setFaults(fault === undefined ? [] : [fault])
        for (const { id, key } of callers) {
          const { status, headers, body } = await ask(port, askingOf(id, key))
          statuses.add(status)
          watcher.see({ status, headers, body })
        }
      }
      backend.emulator.setFaults([])
      watcher.see(app.gateway)
      watcher.see(await app.gateway.close())
      watcher.see(app.gateway.stats())
    }
    expect([...statuses].sort()).toEqual([200, 403, 500, 503])
    expectNothingSecret()
  })

  it('law 5: messages about usage that is refused after a change of our token do not contain the token', async () => {
    const credentials = { kind: 'appId' } as const
    const { app, port } = await serve({ cache: true, credentials }, 'answer')
    expect((await ask(port, places.query!('keyed', 'keyed-secret'))).status).toBe(200)
    const state = contractState()
    for (const service of state.services) service.service_tokens = ['another']
    backend.emulator.setState(state)
    watcher.see(await app.gateway.close({ timeoutMs: 100 }))
    watcher.see(await app.gateway.check())
    expect(watcher.text()).toContain('service_token_invalid')
    expectNothingSecret()
  })
})

function expectNothingSecret(): void {
  const all = watcher.text()
  for (const form of secrets.flatMap(formsOf)) expect(all).not.toContain(form)
}
