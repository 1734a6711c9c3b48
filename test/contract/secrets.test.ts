/** Law 5: nothing that is answered, logged or published shows a credential, ours or a caller's, good or bad. */
import { type Gateway, type GatewayOptions, ThreeScaleClient } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formsOf } from '../support/everything-of.ts'
import { takeWarnings } from '../support/warnings.ts'
import { PROVIDER_KEY, SERVICE, TOKEN, useEmulator } from './backend.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { useWatcher } from './watcher.ts'
import { type Answer, ask } from './wire.ts'

const BAD_TOKEN = 'SECRET-bad-token'
const BAD_PROVIDER_KEY = 'SECRET-bad-provider'
const keys = ['free-key', 'suspended-key', 'spent-key', 'SECRET-stranger', 'SECRET <"&> key', 'SECRET-quoted"key']
const secrets = [TOKEN, PROVIDER_KEY, BAD_TOKEN, BAD_PROVIDER_KEY, ...keys]
const forms = secrets.flatMap(formsOf)

const backend = useEmulator()
const { logger, see, text } = useWatcher()

function expectNothingSecret(): void {
  const all = text()
  expect(all).not.toBe('')
  for (const form of forms) expect(all).not.toContain(form)
}

const document = (token: string) => ({
  id: Number(SERVICE),
  backend_version: '1',
  backend_authentication_type: 'service_token',
  backend_authentication_value: token,
  proxy: {
    backend: { endpoint: backend.url },
    proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
  },
})

const settings: Readonly<Record<string, () => GatewayOptions>> = {
  'good settings': () => ({ serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url }),
  'good settings, cached': () => ({ serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url, cache: true }),
  'a good provider key': () => ({ providerKey: PROVIDER_KEY, serviceId: SERVICE, backendUrl: backend.url }),
  'a bad token': () => ({ serviceId: SERVICE, serviceToken: BAD_TOKEN, backendUrl: backend.url }),
  'a bad token, cached': () => ({ serviceId: SERVICE, serviceToken: BAD_TOKEN, backendUrl: backend.url, cache: true }),
  'a bad provider key': () => ({ providerKey: BAD_PROVIDER_KEY, backendUrl: backend.url }),
  'a bad token in a proxy configuration': () => ({ proxyConfig: document(BAD_TOKEN), rejection: 'problem' }),
  'a client with a bad token': () => ({
    client: new ThreeScaleClient({ serviceId: SERVICE, serviceToken: BAD_TOKEN, backendUrl: backend.url }),
  }),
  'a metric that does not exist, cached': () => ({
    serviceId: SERVICE,
    serviceToken: TOKEN,
    backendUrl: backend.url,
    usage: { nope: 1 },
    cache: true,
  }),
}

describe.each(frameworksAndFetch)('$name', ({ create }) => {
  it.each(Object.entries(settings))('law 5: with %s nothing shows a credential', async (_what, optionsOf) => {
    for (const own of [logger, undefined]) {
      const app = await create({ guard: { ...optionsOf(), logger: own }, onError: see } as never)
      onTestFinished(() => app.close())
      await askEverything(await app.listen(), app.gateway)
      backend.emulator.setFaults([])
    }
    expectNothingSecret()
  })

  it('law 5: the default error page outside production shows no credential of a thrown denial', async () => {
    for (const own of Object.values(settings)) {
      const app = await create({ guard: { ...own(), logger }, onDeny: 'throw', onError: see } as never)
      onTestFinished(() => app.close())
      await askEverything(await app.listen(), app.gateway)
      backend.emulator.setFaults([])
    }
    expectNothingSecret()
  })
})

/** Asks as good and bad callers, then during an outage and with invalid answers; all answers are searched. */
async function askEverything(port: number, gateway: Gateway<never>): Promise<void> {
  for (const fault of [undefined, { kind: 'garbage' }, { kind: 'reset' }, { kind: 'status', status: 500 }] as const) {
    backend.emulator.setFaults(fault === undefined ? [] : [fault])
    for (const key of keys) {
      see(showing(await ask(port, { target: `/?user_key=${encodeURIComponent(key)}` })))
    }
  }
  see(gateway)
  see(gateway.options)
  see(gateway.stats())
  see(await gateway.check())
  const view = { method: 'GET', url: '/?user_key=SECRET-stranger', header: () => undefined }
  see(await gateway.explain(view as never))
  see(await gateway.evaluate(view as never))
  // The watcher has seen them.
  await takeWarnings()
}

const showing = ({ status, headers, body }: Answer) => ({ status, headers, body })
