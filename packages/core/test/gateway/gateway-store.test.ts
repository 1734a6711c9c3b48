import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServiceStore, StoredRow, StoreHost, StoreStats, UnbookedUsage, UsageStore } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { TRANSPORT } from '../../src/client/transport/transport.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { CHANNELS } from '../../src/observe/channels.ts'
import { viewOf } from '../requests.ts'

const VIEW = viewOf({ url: '/words?user_key=unlimited-key' })
const IDLE: StoreStats = { state: 'idle', since: undefined, processes: 0, owed: 0, commands: 0 }
const NOTHING: UnbookedUsage = { owed: [], doubtful: [] }

const row = (metric: string, amount: number): StoredRow => ({
  application: 'unlimited',
  minute: Date.parse('2026-01-15T10:20:00Z'),
  metric,
  code: undefined,
  amount,
})

/** A store that admits all at once, and that a test tells the rest. */
function scriptedStore() {
  const script = { hosts: [] as StoreHost[], stats: IDLE, unbooked: NOTHING }
  const store: UsageStore = {
    open(host) {
      script.hosts.push(host)
      const unused = () => {
        throw new Error('not asked')
      }
      return {
        time: () => host.clock.now(),
        application: (id) => ({ id, layout: undefined, provedAt: 0, counts: [] }),
        ask: () => ({ kind: 'yes', minute: 0 }),
        askAlone: unused,
        book: () => {},
        release: unused,
        apply: async () => {},
        take: async () => undefined,
        settle: unused,
        part: unused,
        callers: {
          find: async () => ({ caller: undefined, ask: true }),
          accepted() {},
          denied() {},
          unanswered() {},
          keep() {},
        },
        withdraw: () => [],
        unbooked: () => script.unbooked,
        stats: () => script.stats,
        close: async () => {
          const left = script.unbooked
          script.unbooked = NOTHING
          return left
        },
      } satisfies ServiceStore
    },
  }
  return { store, script }
}

function setUp(options: Partial<GatewayOptions> = {}) {
  const { store, script } = scriptedStore()
  const { seams, emulator, clock } = createEmulatedBackend()
  const bodies: string[] = []
  const transport = seams[TRANSPORT]
  const noting: typeof transport = {
    ...transport,
    request: (request) => {
      bodies.push(decodeURIComponent(String(request.body ?? '')))
      return transport.request(request)
    },
  }
  const lines: { level: string; code: unknown; text: string }[] = []
  const log = (level: string) => (facts: object, text: string) =>
    void lines.push({ level, code: (facts as { code?: unknown }).code, text })
  const logger = { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') }
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    store,
    logger,
    ...options,
    ...seams,
    [TRANSPORT]: noting,
  } as GatewayOptions)
  return {
    gateway,
    script,
    lines,
    clock,
    calls: () => bodies,
    counted: () => emulator.usage()['2555417']?.unlimited?.hits?.day ?? 0,
  }
}

describe('a store of a gateway', () => {
  it('is told settings that all processes share, and a key that is no credential', () => {
    const { script, gateway } = setUp({ cache: { ttlMs: 500 }, report: { intervalMs: 700 } })
    expect(gateway.options.store).toBe('[store]')
    const { settings, secret, service } = script.hosts[0]!
    expect(settings).toEqual({
      ttlMs: 500,
      staleMs: 60_000,
      denialTtlMs: 5000,
      settleMs: 60_000,
      intervalMs: 700,
      maxPending: 100_000,
      tellCounts: false,
    })
    expect(service).toBe('2555417')
    expect(secret).not.toContain('demo-token')
    expect(setUp().script.hosts[0]!.secret).toBe(secret)
    expect(setUp({ rateLimitHeaders: 'all' }).script.hosts[0]!.settings.tellCounts).toBe(true)
  })

  it('is heard on its channel, and by the logger: trouble as a warning, once', () => {
    const { script, lines } = setUp()
    const heard: unknown[] = []
    const note = (message: unknown) => void heard.push(message)
    subscribe(CHANNELS.store, note)
    onTestFinished(() => void unsubscribe(CHANNELS.store, note))
    const { tell } = script.hosts[0]!
    const failing = { event: 'failing', service: '2555417', code: 'READONLY', failingMs: 0, usage: undefined } as const
    tell(failing)
    tell(failing)
    tell({ ...failing, event: 'shared', code: undefined, failingMs: 1200 })
    expect(heard).toHaveLength(3)
    expect(lines).toEqual([
      { level: 'warn', code: 'READONLY', text: expect.stringContaining('the store does not answer') },
      { level: 'info', code: undefined, text: expect.stringContaining('all processes count as one') },
    ])
  })

  it('is shown in stats(): several services as one, in the worst state of any', () => {
    const { gateway, script } = setUp()
    script.stats = { state: 'failing', since: 5, processes: 3, owed: 2, commands: 7 }
    expect(gateway.stats().store).toEqual(script.stats)
    expect(createGateway({ serviceId: '1', serviceToken: 't' }).stats().store).toBeUndefined()
  })

  it('law 8: what it has not confirmed is pending or in flight, and the rest is shared', async () => {
    const { gateway, script } = setUp()
    for (let i = 0; i < 9; i++) await gateway.evaluate(VIEW)
    script.unbooked = { owed: [row('hits', 2), row('hits', 1)], doubtful: [row('hits', 2)] }
    expect(gateway.stats().usage.hits).toEqual({
      admitted: 9,
      acknowledged: 0,
      inFlight: 2,
      ambiguous: 0,
      pending: 3,
      givenUp: 0,
      shared: 4,
    })
  })

  it('law 8: what it could not book is reported by its process, or given up where it may be in the store', async () => {
    const { gateway, script, counted } = setUp()
    for (let i = 0; i < 9; i++) await gateway.evaluate(VIEW)
    // A grant that came too late is given back: it was never admitted.
    script.unbooked = { owed: [row('hits', 3), row('hits', -2)], doubtful: [row('hits', 2)] }
    expect(await gateway.close()).toEqual({ undelivered: { hits: 2 } })
    expect(counted()).toBe(3)
    expect(gateway.stats().usage.hits).toMatchObject({
      admitted: 9,
      acknowledged: 3,
      pending: 0,
      inFlight: 0,
      ambiguous: 0,
      givenUp: 2,
      shared: 4,
    })
  })

  it('what it could not book is reported with the status of its response', async () => {
    const { gateway, script, calls } = setUp()
    await gateway.evaluate(VIEW)
    script.unbooked = { owed: [{ ...row('hits', 2), code: 404 }, row('hits', 1)], doubtful: [] }
    await gateway.close()
    const reports = calls().filter((body) => body.includes('transactions['))
    expect(
      reports
        .join('&')
        .match(/\[(usage|log)\]\[\w+\]=\d+/g)!
        .sort(),
    ).toEqual(['[log][code]=404', '[usage][hits]=1', '[usage][hits]=2'])
  })

  it('law 8: usage that is added after it was closed is given up and told', async () => {
    const { gateway } = setUp()
    const decision = await gateway.evaluate(VIEW)
    await gateway.close()
    if (decision.outcome === 'allow') decision.addUsage({ hits: 5 })
    await undefined
    expect(gateway.stats().usage.hits).toMatchObject({ admitted: 6, shared: 1, givenUp: 5, pending: 0 })
  })
})
