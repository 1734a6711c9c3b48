/** A gateway in front of the emulator alone: its identity provider issues the tokens, its portal says what to serve. */
import { createEmulator, type Emulator } from '@threescale/emulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { viewOf } from '../requests.ts'

const realm = '/realms/emulator'

let emulator: Emulator
let gateway: Gateway
beforeEach(async () => {
  emulator = createEmulator({ portal: true, identityProvider: true })
  await emulator.listen()
})
afterEach(async () => {
  await gateway.close()
  await emulator.close()
})

function serve(options: Partial<GatewayOptions> = {}): void {
  gateway = createGateway({
    serviceId: '2555419',
    serviceToken: 'demo-token',
    backendUrl: emulator.url,
    credentials: { kind: 'oidc', issuer: emulator.url + realm, audience: 'words-api' },
    logger: quietLogger,
    ...options,
  })
}

async function tokenOf(client: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: client, client_secret: `${client}-secret` }
  const answer = await fetch(`${emulator.url}${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

async function outcomeOf(token: string, host?: string): Promise<string> {
  const view = viewOf({ url: '/words/hello', headers: { authorization: `Bearer ${token}` } })
  const decision = await gateway.evaluate({ ...view, host })
  return decision.outcome === 'deny' ? decision.code : decision.outcome
}

describe('a gateway whose tokens the emulator issues', () => {
  it('accepts them, until they expire, for its audience and for applications that are active', async () => {
    serve()
    expect(await outcomeOf(await tokenOf('good-client'))).toBe('allow')
    expect(await outcomeOf(await tokenOf('other-client'))).toBe('token_invalid')
    expect(await outcomeOf(await tokenOf('suspended-client'))).toBe('application_not_active')
    emulator.setClock(Date.now() - 3_600_000)
    expect(await outcomeOf(await tokenOf('good-client'))).toBe('token_invalid')
    expect(emulator.usage()['2555419']!['good-client']!.hits!.eternity).toBe(1)
    expect(emulator.calls().map(({ endpoint }) => endpoint)).toEqual(['oauth_authrep', 'oauth_authrep'])
  })

  it('follows its keys: a new one at once, and none that was withdrawn', async () => {
    serve()
    const old = await tokenOf('good-client')
    expect(await outcomeOf(old)).toBe('allow')
    emulator.rotateKeys({ withdraw: true })
    const young = await tokenOf('good-client')
    expect(await outcomeOf(young)).toBe('allow')
    expect(await outcomeOf(old)).toBe('token_invalid')
  })

  it('serves what its portal lists, by the addresses in there', async () => {
    const list = '/admin/api/account/proxy_configs/production.json?version=latest&access_token=demo-portal-token'
    const proxyConfig = (await (await fetch(emulator.url + list)).json()) as object
    serve({ proxyConfig, serviceId: undefined, serviceToken: undefined, backendUrl: undefined, credentials: undefined })
    expect(await outcomeOf(await tokenOf('good-client'), 'clients.localhost')).toBe('allow')
    expect(await outcomeOf(await tokenOf('good-client'), 'apps.localhost')).not.toBe('allow')
    const view = viewOf({ url: '/words/hello?user_key=good-key' })
    expect(await gateway.evaluate({ ...view, host: 'localhost' })).toMatchObject({ outcome: 'allow' })
    expect(await gateway.evaluate({ ...view, host: 'elsewhere' })).toMatchObject({ code: 'service_not_found' })
    expect(emulator.usage()['2555417']!.good!.lookup!.day).toBe(1)
  })
})
