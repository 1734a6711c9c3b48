/** Policies of a proxy configuration decide between the mapping rules and the call to 3scale. */
import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

function setUp(policies: readonly object[], options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const proxyConfig = {
    id: 2555417,
    backend_authentication_type: 'service_token',
    backend_authentication_value: 'demo-token',
    proxy: {
      policy_chain: [{ name: 'apicast' }, ...policies],
      proxy_rules: [{ http_method: 'GET', pattern: '/words', metric_system_name: 'hits', delta: 1 }],
    },
  }
  const gateway = createGateway({ proxyConfig, logger: quietLogger, ...options, ...backend.seams })
  const view = (url: string, ip?: string) => ({ ...viewOf({ url }), ip })
  return { backend, gateway, ask: async (url: string, ip?: string) => gateway.evaluate(view(url, ip)), view }
}

const WHITELIST = { name: 'ip_check', configuration: { check_type: 'whitelist', ips: ['10.0.0.0/8'] } }
const MAINTENANCE = {
  name: 'maintenance_mode',
  configuration: { message: '{}', message_content_type: 'application/json' },
}
const URL = '/words?user_key=good-key'

describe('policies of a service', () => {
  it('refuse with their own answer, before 3scale is asked', async () => {
    const { ask, backend } = setUp([WHITELIST])
    expect(await ask(URL, '10.1.1.1')).toMatchObject({ outcome: 'allow' })
    expect(backend.calls).toHaveLength(1)
    expect(await ask(URL, '192.0.2.1')).toMatchObject({
      outcome: 'deny',
      code: 'address_not_allowed',
      status: 403,
      body: 'IP address not allowed\n',
      headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
    })
    expect(backend.calls).toHaveLength(1)
  })

  it('come after missing credentials and rules', async () => {
    const { ask } = setUp([MAINTENANCE])
    expect(await ask('/words')).toMatchObject({ code: 'credentials_missing' })
    expect(await ask('/other?user_key=good-key')).toMatchObject({ code: 'no_mapping_rule' })
    expect(await ask(URL)).toMatchObject({
      code: 'maintenance',
      status: 503,
      body: '{}\n',
      headers: { 'content-type': 'application/json' },
    })
  })

  it('are asked in the order of the chain', async () => {
    expect(await setUp([WHITELIST, MAINTENANCE]).ask(URL, '10.0.0.1')).toMatchObject({ code: 'maintenance' })
    expect(await setUp([MAINTENANCE, WHITELIST]).ask(URL, '192.0.2.1')).toMatchObject({ code: 'maintenance' })
    expect(await setUp([WHITELIST, MAINTENANCE]).ask(URL)).toMatchObject({ code: 'address_not_allowed' })
  })

  it('refuse with problem details where the options ask for them', async () => {
    const { ask } = setUp([{ name: 'maintenance_mode', configuration: { status: 555 } }], { rejection: 'problem' })
    expect(await ask(URL)).toMatchObject({ status: 555, headers: { 'content-type': 'application/problem+json' } })
  })

  it('are explained, and deny nothing when observing', async () => {
    const { gateway, view } = setUp([WHITELIST])
    expect(await gateway.explain(view(URL))).toMatchObject({ outcome: 'deny', code: 'address_not_allowed' })
    const observing = setUp([WHITELIST], { mode: 'observe' })
    expect(await observing.ask(URL)).toEqual({ outcome: 'skip' })
  })
})
