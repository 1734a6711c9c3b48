import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { renderMetrics } from '../../src/gateway/render-metrics.ts'
import type { GatewayStats } from '../../src/observe/stats.ts'
import { viewOf } from '../requests.ts'

const EMPTY: GatewayStats = {
  usage: {},
  decisions: { allowed: 0, skipped: 0 },
  calls: {},
  breaker: undefined,
  applications: 0,
  oldestPendingMs: undefined,
  journal: undefined,
  store: undefined,
}

/** Samples by name and labels. Fails for a line that the text format does not allow. */
function parsed(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    if (/^# (HELP|TYPE) [a-z_]+ \S/.test(line)) continue
    const found =
      /^([a-z_]+(?:\{[a-z]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\]|\\["\\n])*")*\})?) (-?[\d.]+)$/.exec(line)
    expect(found, line).not.toBeNull()
    expect(samples.has(found![1]!), `${found![1]} twice`).toBe(false)
    samples.set(found![1]!, Number(found![2]))
  }
  return samples
}

describe('renderMetrics', () => {
  it('tells what a gateway does: decisions, calls, usage, the oldest that waits, and the breaker', async () => {
    const backend = createEmulatedBackend()
    const { clock, seams } = backend
    const gateway = createGateway({ serviceId: '2555417', serviceToken: 'demo-token', cache: true, ...seams })
    const ask = (key: string) => gateway.evaluate(viewOf({ url: `/words?user_key=${key}` }))
    await ask('good-key')
    for (let index = 0; index < 9; index++) await ask('good-key')
    await ask('wrong-key')
    clock.skip(5000)
    const samples = parsed(renderMetrics(gateway))
    expect(Object.fromEntries(samples)).toMatchObject({
      'threescale_decisions_total{outcome="allow",code=""}': 5,
      'threescale_decisions_total{outcome="deny",code="limits_exceeded"}': 5,
      'threescale_decisions_total{outcome="deny",code="user_key_invalid"}': 1,
      'threescale_backend_calls_total{endpoint="authorize"}': 2,
      'threescale_usage_admitted_total{metric="hits"}': 5,
      'threescale_usage_pending{metric="hits"}': 5,
      'threescale_usage_acknowledged_total{metric="hits"}': 0,
      threescale_applications: 1,
      'threescale_breaker_state{state="closed"}': 1,
      'threescale_breaker_state{state="open"}': 0,
    })
    const age = samples.get('threescale_oldest_pending_seconds')!
    expect(age).toBeGreaterThanOrEqual(5)
    expect(age).toBeLessThanOrEqual(65)
    await gateway.close()
    const after = parsed(renderMetrics(gateway))
    expect(after.get('threescale_usage_acknowledged_total{metric="hits"}')).toBe(5)
    expect(after.get('threescale_oldest_pending_seconds')).toBe(0)
  })

  it('puts several gateways under one name each', () => {
    const gateways = { words: { stats: () => EMPTY }, maps: { stats: () => ({ ...EMPTY, applications: 3 }) } }
    const text = renderMetrics(gateways)
    expect(parsed(text).get('threescale_applications{gateway="maps"}')).toBe(3)
    expect(text.match(/# TYPE threescale_applications gauge/g)).toHaveLength(1)
  })

  it('shows a journal and a store where there are any', () => {
    const stats: GatewayStats = {
      ...EMPTY,
      journal: { state: 'failing', bytes: 7, written: 1, unwritten: 2, recovered: 0 },
      store: { state: 'failing', since: 5, processes: 2, owed: 4, commands: 9 },
    }
    expect(Object.fromEntries(parsed(renderMetrics({ a: { stats: () => stats } })))).toMatchObject({
      'threescale_journal_working{gateway="a"}': 0,
      'threescale_journal_unwritten_total{gateway="a"}': 2,
      'threescale_store_state{gateway="a",state="failing"}': 1,
      'threescale_store_state{gateway="a",state="shared"}': 0,
      'threescale_store_owed{gateway="a"}': 4,
      'threescale_store_commands_total{gateway="a"}': 9,
    })
    expect(renderMetrics({ stats: () => EMPTY })).not.toMatch(/journal|store/)
  })

  it('is readable for any name of a metric and any code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (metric, code) => {
        const sums = { admitted: 1, acknowledged: 1, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0 }
        const stats = { ...EMPTY, usage: { [metric]: sums }, decisions: { ...EMPTY.decisions, [code]: 1 } }
        parsed(renderMetrics({ stats: () => stats }))
      }),
      { numRuns: 30 },
    )
  })
})
