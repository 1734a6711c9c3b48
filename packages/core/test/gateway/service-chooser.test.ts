import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

const HOST = 'api.example.com'

function service(id: number, patterns: string[], proxy: object = {}) {
  return {
    id,
    backend_version: id === 2555418 ? '2' : '1',
    backend_authentication_type: 'service_token',
    backend_authentication_value: 'demo-token',
    proxy: {
      hosts: [HOST],
      backend: { endpoint: 'https://su1.3scale.net' },
      proxy_rules: patterns.map((pattern) => ({ http_method: 'GET', pattern, metric_system_name: 'hits', delta: 1 })),
      ...proxy,
    },
  }
}

function setUp(services: object[], options: Partial<GatewayOptions> = {}) {
  const warnings: string[] = []
  const logger = { ...quietLogger, warn: (_facts: unknown, message?: string) => void warnings.push(String(message)) }
  const { seams } = createEmulatedBackend()
  const proxyConfig = { services }
  const gateway = createGateway({ proxyConfig, pathRouting: true, logger, ...options, ...seams })
  return {
    warnings,
    gateway,
    async ask(url: string, headers = {}, host = HOST) {
      const decision = await gateway.evaluate({ ...viewOf({ url, headers }), host })
      if (decision.outcome === 'skip') return 'skip'
      return decision.outcome === 'allow' ? decision.service : decision.code
    },
  }
}

const KEYS = service(2555417, ['/words'])
const IDS = service(2555418, ['/words/admin', '/apps'], { credentials_location: 'headers' })

describe('services of one host', () => {
  it('are told apart by their rules, each with its own credentials', async () => {
    const { ask } = setUp([IDS, KEYS])
    expect(await ask('/words?user_key=good-key')).toBe('2555417')
    expect(await ask('/apps', { app_id: 'good-app', app_key: 'good-app-key' })).toBe('2555418')
    expect(await ask('/apps?user_key=good-key')).toBe('credentials_missing')
    expect(await ask('/words/admin?user_key=good-key')).toBe('credentials_missing')
  })

  it.each([
    [true, 'no_mapping_rule'],
    ['only', 'service_not_found'],
  ] as const)('have a first one for requests that match none, with pathRouting %s: %s', async (pathRouting, code) => {
    const { ask } = setUp([KEYS, IDS], { pathRouting })
    expect(await ask('/other?user_key=good-key')).toBe(code)
    expect(await ask('/words?user_key=good-key')).toBe('2555417')
  })

  it('need a rule with pathRouting only, also where there is one service', async () => {
    const { ask } = setUp([KEYS], { pathRouting: 'only' })
    expect(await ask('/other?user_key=good-key')).toBe('service_not_found')
    expect(await ask('/words?user_key=good-key', {}, 'elsewhere.example.com')).toBe('2555417')
  })

  it('law 13: are not chosen by a path that the router reads as one of another', async () => {
    const { gateway } = setUp([IDS, KEYS])
    const router = { path: '/words/..%2Fapps' }
    const view = { ...viewOf({ url: '/words/..%2Fapps?user_key=good-key', router }), host: HOST }
    expect(await gateway.evaluate(view)).toMatchObject({ code: 'path_ambiguous' })
    expect((await gateway.explain(view)).code).toBe('path_ambiguous')
  })

  it('come in the order of a file, and of a portal by their ids', async () => {
    const all = service(2555417, ['/'])
    const other = service(43, ['/'])
    expect(await setUp([other, all]).ask('/?user_key=good-key')).not.toBe('2555417')
    const listed = [other, all].map((content) => ({ proxy_config: { content } }))
    const later = { ...all, id: 3 }
    const portal = { proxy_configs: [...listed, { proxy_config: { content: later } }] }
    const { gateway } = setUp([], { proxyConfig: portal })
    expect((await gateway.explain({ ...viewOf({ url: '/?user_key=good-key' }), host: HOST })).service).toBe('3')
  })

  it('are warned about where one never gets what a rule of it is for', () => {
    const { warnings } = setUp([KEYS, IDS])
    expect(warnings).toEqual([
      'services 2555417 and 2555418 have the host api.example.com; requests for the rule GET /words/admin of 2555418 go to 2555417, whose rules come first',
    ])
    expect(setUp([IDS, KEYS]).warnings).toEqual([])
  })
})

describe('law 18: a service that cannot be used', () => {
  const BROKEN = { backend_authentication_type: 'nothing' }

  it('gets what its rules are for, and stops no other service of its host', async () => {
    const { ask } = setUp([{ ...IDS, ...BROKEN }, KEYS])
    expect(await ask('/apps')).toBe('service_unusable')
    expect(await ask('/words/admin?user_key=good-key')).toBe('service_unusable')
    expect(await ask('/words?user_key=good-key')).toBe('2555417')
  })

  it.each([['/%00'], [`/${'x'.repeat(5000)}`]])(
    'gets everything that no service before it has a rule for, if its rules cannot be read: %.5s',
    async (pattern) => {
      const { ask } = setUp([service(2555417, ['/apps']), service(2, [pattern]), service(3, ['/words'])])
      expect(await ask('/apps?user_key=good-key')).toBe('2555417')
      expect(await ask('/words?user_key=good-key')).toBe('service_unusable')
    },
  )
})
