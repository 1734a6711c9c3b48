import { describe, expect, it } from 'vitest'
import { createUsageShape } from '../../../src/domain/usage.ts'
import { HIERARCHY_TTL_MS, Hierarchy } from '../../../src/ledger/plan/metric-hierarchy.ts'
import { MetricTable } from '../../../src/ledger/plan/metric-table.ts'
import { Layout } from '../../../src/ledger/plan/plan-limits.ts'

const NOW = Date.parse('2026-03-10T12:00:00Z')

function setUp() {
  const metrics = new MetricTable()
  const hierarchy = new Hierarchy()
  hierarchy.learn(
    new Map([
      ['hits', ['searches']],
      ['searches', []],
    ]),
    NOW,
  )
  for (const metric of ['hits', 'searches', 'orders']) metrics.prove(metric, NOW)
  const layout = new Layout(
    [
      { metric: 'hits', period: 'day' },
      { metric: 'searches', period: 'minute' },
    ],
    metrics,
    hierarchy,
  )
  return { metrics, hierarchy, layout }
}

describe('what a usage touches', () => {
  it('is every limit of its metrics and their ancestors, with what falls under each', () => {
    const { layout, metrics } = setUp()
    const touched = layout.touched(createUsageShape({ searches: 2, hits: 1, orders: 4 }), NOW)
    expect(touched).toMatchObject({ limits: [0, 1], needs: [3, 2], amounts: [2, 1, 4] })
    expect(touched.slots.map((slot) => metrics.nameOf(slot))).toEqual(['searches', 'hits', 'orders'])
  })

  it('includes amounts of 0 for the check, not for the count', () => {
    const { layout } = setUp()
    expect(layout.touched(createUsageShape({ searches: 0 }), NOW)).toMatchObject({
      limits: [0, 1],
      needs: [0, 0],
      slots: [],
      amounts: [],
    })
  })

  it('holds for an hour, then is worked out anew', () => {
    const { layout } = setUp()
    const shape = createUsageShape({ hits: 1 })
    const touched = layout.touched(shape, NOW)
    expect(layout.touched(shape, NOW + HIERARCHY_TTL_MS - 1)).toBe(touched)
    expect(layout.touched(shape, NOW + HIERARCHY_TTL_MS)).not.toBe(touched)
  })

  it('is the same object for every shape of the same amounts', () => {
    const { layout } = setUp()
    expect(layout.touched(createUsageShape({ hits: 1 }), NOW)).toBe(layout.touched(createUsageShape({ hits: 1 }), NOW))
    expect(layout.touched(createUsageShape({ hits: 1 }), NOW)).not.toBe(
      layout.touched(createUsageShape({ hits: 2 }), NOW),
    )
  })

  it('is not to be relied on while a metric is unproved or may have a hidden ancestor', () => {
    const { layout, metrics, hierarchy } = setUp()
    const shape = createUsageShape({ new: 1 })
    expect(layout.touched(shape, NOW)).toMatchObject({ validUntil: Number.NEGATIVE_INFINITY, unproved: ['new'] })
    metrics.prove('new', NOW)
    expect(layout.touched(shape, NOW)).toMatchObject({ validUntil: NOW + HIERARCHY_TTL_MS, unproved: [] })
    hierarchy.learn(new Map([['searches', ['unlimited']]]), NOW)
    layout.forget()
    const { validUntil, hidden } = layout.touched(shape, NOW)
    expect(validUntil).toBe(Number.NEGATIVE_INFINITY)
    expect(hidden).toEqual(new Map([['new', ['hits', 'searches']]]))
  })

  it('follows a change of the tree once told to forget', () => {
    const { layout, metrics, hierarchy } = setUp()
    const shape = createUsageShape({ orders: 1 })
    const slot = metrics.slotOf('orders')
    expect([layout.touched(shape, NOW).limits, layout.covers(0, slot)]).toEqual([[], false])
    hierarchy.learn(new Map([['hits', ['searches', 'orders']]]), NOW)
    layout.forget()
    hierarchy.settle('orders', 'searches', false, NOW)
    expect([layout.touched(shape, NOW).limits, layout.covers(0, slot)]).toEqual([[0], true])
  })

  it('is remembered for a bounded number of usages', () => {
    const { layout } = setUp()
    const first = createUsageShape({ hits: 1 })
    const touched = layout.touched(first, NOW)
    for (let amount = 2; amount < 5000; amount++) layout.touched(createUsageShape({ hits: amount }), NOW)
    expect(layout.touched(first, NOW)).not.toBe(touched)
  })
})
