/** Several services of one proxy configuration behind one guard, chosen by the host that the framework trusts. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { TOKEN, useEmulator } from './backend.ts'
import { frameworksAndFetch } from './frameworks/all.ts'
import { ask } from './wire.ts'

const backend = useEmulator()

const service = (id: number, version: string, host: string) => ({
  id,
  backend_version: version,
  backend_authentication_type: 'service_token',
  backend_authentication_value: TOKEN,
  proxy: {
    hosts: [host],
    backend: { endpoint: backend.url },
    credentials_location: 'query',
    proxy_rules: [{ http_method: 'GET', pattern: '/api/words', metric_system_name: 'lookup', delta: 2 }],
  },
})

describe.each(frameworksAndFetch)('$name', (framework) => {
  async function serve(trustProxy: boolean) {
    const seen: unknown[] = []
    const app = await framework.create({
      guard: {
        proxyConfig: { services: [service(2555417, '1', 'keys.example'), service(2555418, '2', 'ids.example')] },
      },
      trustProxy,
      prefix: '/api',
      routes: {
        '/words': (call) => {
          const { service, usage } = call.threescale!
          seen.push([service, { ...usage }])
          call.send(200, 'served')
        },
      },
    })
    onTestFinished(() => app.close())
    const port = await app.listen()
    const statusOf = async (target: string, headers: Record<string, string>) =>
      (await ask(port, { target, headers })).status
    return { seen, statusOf }
  }

  it('chooses the service by host, and matches the whole path including the prefix', async () => {
    const { seen, statusOf } = await serve(false)
    expect(await statusOf('/api/words?user_key=free-key', { host: 'keys.example' })).toBe(200)
    expect(await statusOf('/api/words?user_key=free-key', { host: 'KEYS.example:8080' })).toBe(200)
    expect(await statusOf('/api/words?app_id=keyed&app_key=keyed-secret', { host: 'ids.example' })).toBe(200)
    expect(await statusOf('/api/words?user_key=free-key', { host: 'ids.example' })).toBe(401)
    expect(await statusOf('/api/words?user_key=free-key', { host: 'other.example' })).toBe(404)
    expect(seen).toEqual([
      ['2555417', { lookup: 2 }],
      ['2555417', { lookup: 2 }],
      ['2555418', { lookup: 2 }],
    ])
  })

  it('law 13: serves no host by the URL that another one is counted for', async () => {
    const { seen, statusOf } = await serve(false)
    const target = 'http://ids.example/api/words?user_key=free-key'
    // Where handlers see the URL, it has the host of the target. Elsewhere they see the Host header.
    const seesUrl = ['Hono 4', 'Fetch'].includes(framework.name)
    expect(await statusOf(target, { host: 'keys.example' })).toBe(seesUrl ? 404 : 200)
    expect(await statusOf(target.replace('ids', 'keys'), { host: 'keys.example' })).toBe(200)
    expect(await statusOf(target.replace('ids', 'other'), { host: 'keys.example' })).toBe(200)
    expect(new Set(seen.map((call) => (call as string[])[0]))).toEqual(new Set(['2555417']))
  })

  it.each([
    [true, 200],
    [false, 404],
  ])('trusts X-Forwarded-Host only if the framework does (trust proxy %s)', async (trustProxy, status) => {
    // Hono and handlers of the Fetch API trust no proxy.
    if (trustProxy && ['Hono 4', 'Fetch'].includes(framework.name)) return
    const { statusOf } = await serve(trustProxy)
    const headers = { host: 'internal.example', 'x-forwarded-host': 'keys.example' }
    expect(await statusOf('/api/words?user_key=free-key', headers)).toBe(status)
  })
})
