/** The client's address, which the policy ip_check compares, as the framework trusts it. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { TOKEN, useEmulator } from './backend.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { ask } from './wire.ts'

const backend = useEmulator()

describe.each(frameworksAndFetch)('$name', (framework) => {
  it.each([
    [true, '203.0.113.7', 200],
    [true, '192.0.2.1', 403],
    [false, '203.0.113.7', 403],
  ])('trusts X-Forwarded-For only if the framework does (trust proxy %s, %s: %s)', async (trustProxy, from, status) => {
    // Hono trusts no proxy.
    if (trustProxy && status === 200 && framework.name.startsWith('Hono')) return
    const ipCheck = { name: 'ip_check', configuration: { check_type: 'whitelist', ips: ['203.0.113.0/24'] } }
    const app = await framework.create({
      guard: {
        proxyConfig: {
          id: 2555417,
          backend_authentication_type: 'service_token',
          backend_authentication_value: TOKEN,
          proxy: {
            backend: { endpoint: backend.url },
            policy_chain: [ipCheck, { name: 'apicast' }],
            proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
          },
        },
      },
      trustProxy,
      routes: { '/words': (call) => call.send(200, 'served') },
    })
    onTestFinished(() => app.close())
    const port = await app.listen()
    const headers = { 'x-forwarded-for': from }
    // Hono trusts no proxy, and handlers of the Fetch API know no connection: the address is unknown.
    const expected = ['Hono 4', 'Fetch'].includes(framework.name) ? 403 : status
    expect((await ask(port, { target: '/words?user_key=free-key', headers })).status).toBe(expected)
  })
})
