/** What stays, and what goes, when the configuration is replaced while the gateway runs. */
import { createEmulator, type Emulator } from '@threescale/emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSigningKey } from '../../../../test/support/access-token.ts'
import { answerBy } from '../../../../test/support/answer-by.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { startIdentityProvider } from '../../../../test/support/identity-provider.ts'
import { settled } from '../../../../test/support/manual-clock.ts'
import { createPortalWorld } from '../../../../test/support/portal-world.ts'
import { stubConfig } from '../../../../test/support/stub-portal.ts'
import { TRANSPORT, type TransportRequest } from '../../src/client/transport/transport.ts'
import type { Allowed, Gateway, Journal } from '../../src/index.ts'

/** Hits that a backend has counted for the application of a service. */
const hitsAt = (emulator: Emulator, service = '1') => emulator.usage()[service]?.app?.hits?.eternity ?? 0
const cached = { cache: true, report: { intervalMs: 3_600_000 } } as const

function allowed(decision: unknown): Allowed {
  expect(decision).toMatchObject({ outcome: 'allow' })
  return decision as Allowed
}

describe('requests that are under way', () => {
  it('end with the configuration with which they began', async () => {
    const missing = { error_auth_failed: 'old words', error_status_auth_failed: 418 }
    const { portal, open, ask, emulator } = await createPortalWorld([
      stubConfig(1, 1, { proxy: missing }),
      stubConfig(2),
    ])
    let answer = () => {}
    const waits = new Promise<void>((resolve) => {
      answer = resolve
    })
    const gateway = open({}, {
      [TRANSPORT]: {
        async request(request: TransportRequest) {
          await waits
          return answerBy(emulator, request)
        },
      },
    } as object)
    await gateway.ready()
    const denied = ask(gateway, 1, '/?user_key=unknown')
    const served = ask(gateway, 1)
    portal.configs = [stubConfig(2)]
    await gateway.reload()
    expect(await ask(gateway, 1)).toMatchObject({ code: 'service_not_found' })
    answer()
    expect(await denied).toMatchObject({ status: 418, body: 'old words' })
    expect(await served).toMatchObject({ outcome: 'allow', service: '1' })
  })
})

describe('usage that waits', () => {
  it('is reported with a rotated service token, once', async () => {
    const { portal, open, ask, emulator, calls } = await createPortalWorld([stubConfig(1)])
    const gateway = open({}, cached)
    await gateway.ready()
    for (let n = 0; n < 3; n++) allowed(await ask(gateway, 1))
    const asked = calls.length
    portal.configs = [stubConfig(1, 2, { token: 'rotated-1' })]
    await gateway.reload()
    const state = emulator.state()
    state.services[0]!.service_tokens = ['rotated-1']
    emulator.updateState(state)
    // The caller is still known, and its count goes on.
    allowed(await ask(gateway, 1))
    expect(calls.length).toBe(asked)
    expect(await gateway.flush()).toEqual({ undelivered: {} })
    expect(hitsAt(emulator)).toBe(4)
    expect(calls.at(-1)?.body).toContain('service_token=rotated-1')
  })

  it('of a service that is gone is reported at once, and so is what a long response adds later', async () => {
    const { portal, open, ask, emulator, clock } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const gateway = open({}, { ...cached, report: { intervalMs: 10_000 } })
    await gateway.ready()
    const stream = allowed(await ask(gateway, 1))
    portal.configs = [stubConfig(2)]
    await gateway.reload()
    await settled()
    expect(hitsAt(emulator)).toBe(1)
    // All is settled, so caches and connections are dropped.
    await clock.advance(180_000)
    await gateway.reload()
    stream.addUsage({ hits: 5 })
    await clock.advance(20_000)
    expect(hitsAt(emulator)).toBe(6)
    expect(gateway.stats().usage.hits).toMatchObject({ admitted: 6, acknowledged: 6, givenUp: 0, pending: 0 })
  })

  it('goes to the backend that admitted it, if the service moves to another', async () => {
    const at = (name: 'old' | 'new', version: number) =>
      stubConfig(1, version, { proxy: { backend: { endpoint: `https://su1.3scale.net/${name}` } } })
    const { portal, open, ask, clock, emulator } = await createPortalWorld([at('old', 1)])
    const backends = { old: emulator, new: createEmulator({ state: emulator.state(), clock }) }
    const gateway = open({}, {
      ...cached,
      [TRANSPORT]: {
        async request(request: TransportRequest) {
          const backend = request.path.startsWith('/old/') ? backends.old : backends.new
          return answerBy(backend, { ...request, path: request.path.slice(4) })
        },
      },
    } as object)
    await gateway.ready()
    for (let n = 0; n < 2; n++) allowed(await ask(gateway, 1))
    portal.configs = [at('new', 2)]
    await gateway.reload()
    for (let n = 0; n < 3; n++) allowed(await ask(gateway, 1))
    portal.configs = [at('old', 3)]
    await gateway.reload()
    allowed(await ask(gateway, 1))
    await gateway.flush()
    expect([hitsAt(backends.old), hitsAt(backends.new)]).toEqual([3, 3])
    expect(gateway.stats().usage.hits).toMatchObject({ admitted: 6, acknowledged: 6, givenUp: 0 })
  })
})

describe('usage that a journal kept', () => {
  it('of a service that is not served waits for its configuration', async () => {
    const { portal, open, ask, emulator, clock } = await createPortalWorld([stubConfig(1)])
    const quiet = { book() {}, take() {}, settle() {}, retell() {}, close: async () => {} }
    const stats = () => ({ state: 'working' as const, bytes: 0, written: 0, unwritten: 0, recovered: 0 })
    const services: unknown[] = []
    const journal: Journal = {
      async open(host) {
        services.push(...host.services)
        const waiting = [{ minute: clock.now() - (clock.now() % 60_000), resent: false, usage: { hits: 4 } }]
        const recover = async () => host.recover({ service: '2', application: 'app', waiting, maybeCounted: [] })
        return { ...quiet, stats, recover }
      },
    }
    const gateway = open({}, { ...cached, journal })
    await gateway.ready()
    allowed(await ask(gateway, 1))
    expect(services).toEqual(['1'])
    const flushing = gateway.flush({ timeoutMs: 100 })
    await clock.advance(100)
    expect(await flushing).toEqual({ undelivered: { hits: 4 } })
    expect([hitsAt(emulator, '1'), hitsAt(emulator, '2')]).toEqual([1, 0])
    expect(gateway.stats().usage.hits).toMatchObject({ pending: 4, givenUp: 0 })
    portal.configs = [stubConfig(1), stubConfig(2)]
    await gateway.reload()
    await clock.advance(60_000)
    await gateway.flush()
    expect(hitsAt(emulator, '2')).toBe(4)
  })
})

describe('limits', () => {
  it('law 7: hold across replacements, also for a service that comes back', async () => {
    const { portal, open, ask, emulator } = await createPortalWorld([stubConfig(1), stubConfig(2)])
    const state = emulator.state()
    state.services[0]!.plans![0]!.limits = [{ metric: 'hits', period: 'day', value: 10 }]
    emulator.updateState(state)
    const gateway: Gateway = open({}, cached)
    await gateway.ready()
    let admitted = 0
    for (let version = 2; version < 12; version++) {
      for (let n = 0; n < 3; n++) if ((await ask(gateway, 1)).outcome === 'allow') admitted++
      portal.configs = version % 3 === 0 ? [stubConfig(2)] : [stubConfig(1, version), stubConfig(2)]
      await gateway.reload()
    }
    expect(admitted).toBe(10)
    await gateway.flush()
    expect(hitsAt(emulator)).toBe(10)
  })
})

describe('what is gone', () => {
  it('has its keys fetched no more', async () => {
    const provider = await startIdentityProvider([createSigningKey('one')])
    onTestFinished(() => provider.close())
    const plain = stubConfig(1)
    const { proxy } = plain.content as { proxy: object }
    const content = {
      ...(plain.content as object),
      backend_version: 'oauth',
      proxy: { ...proxy, authentication_method: 'oidc', oidc_issuer_endpoint: provider.issuer },
    }
    const { portal, open, clock } = await createPortalWorld([{ ...plain, content }, stubConfig(2)])
    const gateway = open({ reloadMs: false })
    await gateway.ready()
    await gateway.check()
    const fetched = provider.requests.length
    expect(fetched).toBeGreaterThan(0)
    await gateway.reload()
    await clock.advance(600_000)
    await eventually(() => provider.requests.length > fetched, 'keys are refreshed while the service is served')
    portal.configs = [stubConfig(2)]
    await gateway.reload()
    const before = provider.requests.length
    await clock.advance(3_600_000)
    expect(provider.requests.length).toBe(before)
  })

  it('leaves no timer behind, nor do clients whose token was replaced', async () => {
    const { portal, open, ask, clock } = await createPortalWorld([stubConfig(1)])
    const gateway = open({ reloadMs: false }, cached)
    onTestFinished(() => gateway.close({ timeoutMs: 0 }).then(() => {}))
    await gateway.ready()
    allowed(await ask(gateway, 1))
    for (let version = 2; version < 6; version++) {
      portal.configs = [stubConfig(1, version, { token: version % 2 === 0 ? 'rotated-1' : 'token-1' })]
      await gateway.reload()
    }
    await clock.advance(60_000)
    await gateway.close()
    expect(clock.timers).toBe(0)
  })
})
