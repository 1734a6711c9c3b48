import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Decision } from '../../src/decision/decision.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

function service(id: string, host: string, proxy: object = {}) {
  return {
    id: Number(id),
    backend_version: '1',
    backend_authentication_type: 'service_token',
    backend_authentication_value: 'demo-token',
    proxy: {
      hosts: [host],
      backend: { endpoint: 'https://su1.3scale.net' },
      error_auth_missing: 'No key, no words',
      error_status_auth_missing: 403,
      proxy_rules: [{ http_method: 'GET', pattern: '/words', metric_system_name: 'lookup', delta: 1 }],
      ...proxy,
    },
  }
}

function setUp(options: Partial<GatewayOptions>) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ ...options, ...backend.seams })
  const ask = (url: string, host?: string): Promise<Decision> =>
    Promise.resolve(gateway.evaluate({ ...viewOf({ url }), host }))
  return { backend, gateway, ask }
}

describe('a gateway with a proxy configuration', () => {
  it('takes service, token, rules and texts from the document', async () => {
    const { ask, backend } = setUp({ proxyConfig: service('2555417', 'words.example') })
    expect(await ask('/words?user_key=good-key')).toMatchObject({
      outcome: 'allow',
      service: '2555417',
      usage: { lookup: 1 },
    })
    expect(backend.emulator.usage()['2555417']?.good?.hits?.minute).toBe(1)
    expect(await ask('/words')).toMatchObject({ code: 'credentials_missing', status: 403, body: 'No key, no words' })
    expect(await ask('/other?user_key=good-key')).toMatchObject({ code: 'no_mapping_rule', status: 404 })
  })

  it('ignores the host if there is only one service', async () => {
    const { ask } = setUp({ proxyConfig: service('2555417', 'words.example') })
    expect((await ask('/words?user_key=good-key', 'localhost:3000')).outcome).toBe('allow')
  })

  it('chooses among several services by host, whatever its case, its port and a dot at its end', async () => {
    const second = service('2555418', 'apps.example', { credentials_location: 'query' })
    const { ask } = setUp({
      proxyConfig: { services: [service('2555417', 'words.example'), { ...second, backend_version: '2' }] },
    })
    expect(await ask('/words?user_key=good-key', 'WORDS.example.:8443')).toMatchObject({ service: '2555417' })
    expect(await ask('/words?app_id=good-app&app_key=good-app-key', 'apps.example')).toMatchObject({
      service: '2555418',
    })
    expect(await ask('/words?user_key=good-key', 'elsewhere.example')).toMatchObject({
      code: 'service_not_found',
      status: 404,
    })
    expect(await ask('/words?user_key=good-key')).toMatchObject({ code: 'service_not_found' })
  })

  it('lets explicit options win', async () => {
    const { ask } = setUp({
      proxyConfig: { services: [service('2555417', 'a.example'), service('1', 'b.example')] },
      serviceId: '2555417',
      rejection: 'problem',
      usage: { hits: 2 },
    })
    expect(await ask('/elsewhere?user_key=good-key')).toMatchObject({ outcome: 'allow', usage: { hits: 2 } })
    expect(await ask('/words')).toMatchObject({ status: 401 })
  })

  it.each([
    [undefined, 'http://from.example/'],
    [false, null],
  ])('sends the Referer for the policy 3scale_referrer unless the options say %s', async (referrer, sent) => {
    const policy_chain = [{ name: '3scale_referrer' }, { name: 'apicast' }]
    const { gateway, backend } = setUp({ proxyConfig: service('2555417', 'words.example', { policy_chain }), referrer })
    await gateway.evaluate(viewOf({ url: '/words?user_key=good-key', headers: { referer: 'http://from.example/' } }))
    expect(new URL(backend.calls[0]!.path, 'http://backend').searchParams.get('referrer')).toBe(sent)
  })

  it('refuses a serviceId that the document does not have', () => {
    const proxyConfig = { services: [service('1', 'a.example'), service('2', 'b.example')] }
    expect(() => createGateway({ proxyConfig, serviceId: '3' })).toThrow(/serviceId "3" is none of the 2 services/)
  })
})
