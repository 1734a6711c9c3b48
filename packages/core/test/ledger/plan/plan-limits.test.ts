import { describe, expect, it } from 'vitest'
import { createUsageShape } from '../../../src/domain/usage.ts'
import { HIERARCHY_TTL_MS, MetricHierarchy } from '../../../src/ledger/plan/metric-hierarchy.ts'
import { MetricTable } from '../../../src/ledger/plan/metric-table.ts'
import { PlanLimits } from '../../../src/ledger/plan/plan-limits.ts'

const NOW = Date.parse('2026-03-10T12:00:00Z')

function setUp() {
  const metrics = new MetricTable()
  const hierarchy = new MetricHierarchy()
  hierarchy.learn(
    new Map([
      ['hits', ['searches']],
      ['searches', []],
    ]),
    NOW,
  )
  for (const metric of ['hits', 'searches', 'orders']) metrics.prove(metric, NOW)
  const planLimits = new PlanLimits(
    [
      { metric: 'hits', period: 'day' },
      { metric: 'searches', period: 'minute' },
    ],
    metrics,
    hierarchy,
  )
  return { metrics, hierarchy, planLimits }
}

describe('the footprint of a usage', () => {
  it('names every limit of its metrics and their ancestors, with the amount under each', () => {
    const { planLimits, metrics } = setUp()
    const footprint = planLimits.footprintOf(createUsageShape({ searches: 2, hits: 1, orders: 4 }), NOW)
    expect(footprint).toMatchObject({ limits: [0, 1], needs: [3, 2], amounts: [2, 1, 4] })
    expect(footprint.slots.map((slot) => metrics.nameOf(slot))).toEqual(['searches', 'hits', 'orders'])
  })

  it('includes amounts of 0 for the check, not for the count', () => {
    const { planLimits } = setUp()
    expect(planLimits.footprintOf(createUsageShape({ searches: 0 }), NOW)).toMatchObject({
      limits: [0, 1],
      needs: [0, 0],
      slots: [],
      amounts: [],
    })
  })

  it('is valid for an hour, then computed anew', () => {
    const { planLimits } = setUp()
    const shape = createUsageShape({ hits: 1 })
    const footprint = planLimits.footprintOf(shape, NOW)
    expect(planLimits.footprintOf(shape, NOW + HIERARCHY_TTL_MS - 1)).toBe(footprint)
    expect(planLimits.footprintOf(shape, NOW + HIERARCHY_TTL_MS)).not.toBe(footprint)
  })

  it('is the same object for every shape of the same amounts', () => {
    const { planLimits } = setUp()
    expect(planLimits.footprintOf(createUsageShape({ hits: 1 }), NOW)).toBe(
      planLimits.footprintOf(createUsageShape({ hits: 1 }), NOW),
    )
    expect(planLimits.footprintOf(createUsageShape({ hits: 1 }), NOW)).not.toBe(
      planLimits.footprintOf(createUsageShape({ hits: 2 }), NOW),
    )
  })

  it('is not valid while a metric is unproved or may have a hidden ancestor', () => {
    const { planLimits, metrics, hierarchy } = setUp()
    const shape = createUsageShape({ new: 1 })
    expect(planLimits.footprintOf(shape, NOW)).toMatchObject({
      validUntil: Number.NEGATIVE_INFINITY,
      unproved: ['new'],
    })
    metrics.prove('new', NOW)
    expect(planLimits.footprintOf(shape, NOW)).toMatchObject({ validUntil: NOW + HIERARCHY_TTL_MS, unproved: [] })
    hierarchy.learn(new Map([['searches', ['unlimited']]]), NOW)
    planLimits.forget()
    const { validUntil, hidden } = planLimits.footprintOf(shape, NOW)
    expect(validUntil).toBe(Number.NEGATIVE_INFINITY)
    expect(hidden).toEqual(new Map([['new', ['hits', 'searches']]]))
  })

  it('follows a change of the tree once it is forgotten', () => {
    const { planLimits, metrics, hierarchy } = setUp()
    const shape = createUsageShape({ orders: 1 })
    const slot = metrics.slotOf('orders')
    expect([planLimits.footprintOf(shape, NOW).limits, planLimits.covers(0, slot)]).toEqual([[], false])
    hierarchy.learn(new Map([['hits', ['searches', 'orders']]]), NOW)
    planLimits.forget()
    hierarchy.learnAncestor('orders', 'searches', false, NOW)
    expect([planLimits.footprintOf(shape, NOW).limits, planLimits.covers(0, slot)]).toEqual([[0], true])
  })

  it('is remembered for a bounded number of usages', () => {
    const { planLimits } = setUp()
    const first = createUsageShape({ hits: 1 })
    const footprint = planLimits.footprintOf(first, NOW)
    for (let amount = 2; amount < 5000; amount++) planLimits.footprintOf(createUsageShape({ hits: amount }), NOW)
    expect(planLimits.footprintOf(first, NOW)).not.toBe(footprint)
  })
})
