/** A gateway in front of the emulator alone: its identity provider issues the tokens, its portal says what to serve. */
import { createEmulator, type Emulator } from '@threescale/emulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { CLOCK } from '../../src/primitives/clock.ts'
import { viewOf } from '../requests.ts'

const realm = '/realms/emulator'

let clock: ManualClock
let emulator: Emulator
let gateway: Gateway
beforeEach(async () => {
  // It stands still, so that nothing is late, however long a socket takes.
  clock = new ManualClock('2026-01-15T12:00:00Z')
  emulator = createEmulator({ portal: true, identityProvider: true, clock })
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
    ...{ [CLOCK]: clock },
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
    emulator.setClock(clock.now() - 3_600_000)
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
})

describe('a gateway that loads its products from the portal of the emulator', () => {
  const view = viewOf({ url: '/words/hello?user_key=good-key' })
  const decided = async (host: string) => {
    const decision = await gateway.evaluate({ ...view, host })
    return decision.outcome === 'deny' ? decision.code : decision.outcome
  }
  const lookups = () => emulator.usage()['2555417']!.good!.lookup!.day

  async function load(portal: object = {}): Promise<void> {
    const endpoint = emulator.url.replace('http://', 'http://demo-portal-token@')
    serve({
      portal: { endpoint, ...portal },
      serviceId: undefined,
      serviceToken: undefined,
      backendUrl: undefined,
      credentials: undefined,
    })
    await gateway.ready()
  }

  /** Edits the `proxy` of the first service. */
  function edit(proxy: object): void {
    const state = emulator.state()
    state.services[0]!.proxy = { ...state.services[0]!.proxy, ...proxy }
    emulator.updateState(state)
  }

  it('serves them by the addresses in there, also that of the issuer', async () => {
    await load()
    expect(await decided('localhost')).toBe('allow')
    expect(lookups()).toBe(1)
    expect(await decided('elsewhere')).toBe('service_not_found')
    expect(await outcomeOf(await tokenOf('good-client'), 'clients.localhost')).toBe('allow')
  })

  it('follows an edit of the state, and a pinned version does not', async () => {
    await load()
    edit({ hosts: ['words.example.com'] })
    expect(await decided('words.example.com')).toBe('service_not_found')
    await gateway.reload()
    expect(await decided('words.example.com')).toBe('allow')
    expect(await decided('localhost')).toBe('service_not_found')
    edit({ proxy_rules: [] })
    await gateway.reload()
    expect(await decided('words.example.com')).toBe('no_mapping_rule')
    await gateway.close()
    await load({ versions: { 2555417: 2 } })
    expect(await decided('words.example.com')).toBe('allow')
  })

  it('follows more products than the portal lists on a page', async () => {
    const state = emulator.state()
    const [first] = state.services
    for (let id = 1; id <= 600; id++) {
      state.services.push({ ...first!, id: String(id), applications: [], proxy: { hosts: [`p${id}.example.com`] } })
    }
    emulator.updateState(state)
    await load()
    expect(await decided('localhost')).toBe('allow')
    expect(await decided('p600.example.com')).toBe('no_mapping_rule')
  })

  it('keeps what it has when its token is revoked', async () => {
    await load()
    emulator.updateState({ ...emulator.state(), portal: { access_tokens: [] } })
    await expect(gateway.reload()).rejects.toMatchObject({ reason: 'status_403' })
    expect(await decided('localhost')).toBe('allow')
  })
})
