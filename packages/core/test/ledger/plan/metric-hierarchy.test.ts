import { describe, expect, it } from 'vitest'
import { HIERARCHY_TTL_MS, MetricHierarchy } from '../../../src/ledger/plan/metric-hierarchy.ts'

const NOW = Date.parse('2026-03-10T12:00:00Z')
const lists = (tree: Record<string, string[]>) => new Map(Object.entries(tree))

describe('ancestors', () => {
  it('are found through lists, questions and declarations alike', () => {
    const tree = new MetricHierarchy({ leaf: { parent: 'branch' }, branch: {} })
    tree.learn(lists({ root: ['trunk'] }), NOW)
    tree.learnAncestor('branch', 'trunk', true, NOW)
    expect([...tree.ancestorsOf('leaf')]).toEqual(['branch', 'trunk', 'root'])
    expect(tree.isBelow('leaf', 'root')).toBe(true)
    expect(tree.isBelow('root', 'leaf')).toBe(false)
  })

  it('of a damaged tree are finite', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ a: ['b'], b: ['a'] }), NOW)
    expect([...tree.ancestorsOf('a')]).toEqual(['b'])
  })

  it('follow a metric that is moved, and forget what questions showed about it', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ hits: ['searches'], orders: [] }), NOW)
    tree.learnAncestor('searches', 'elsewhere', true, NOW)
    expect(tree.learn(lists({ hits: [], orders: ['searches'] }), NOW)).toBe(true)
    expect([...tree.ancestorsOf('searches')]).toEqual(['orders'])
  })
})

describe('a list that is learnt', () => {
  it('is a change once, and again only when its members change', () => {
    const tree = new MetricHierarchy()
    expect(tree.learn(lists({ hits: ['a', 'b'] }), NOW)).toBe(true)
    expect(tree.learn(lists({ hits: ['b', 'a'] }), NOW + 1)).toBe(false)
    expect(tree.learn(lists({ hits: ['a', 'c'] }), NOW + 2)).toBe(true)
  })

  it('overrides what questions showed about its metric', () => {
    const tree = new MetricHierarchy()
    tree.learnAncestor('deep', 'hits', true, NOW)
    tree.learn(lists({ hits: ['other'] }), NOW)
    expect(tree.isBelow('deep', 'hits')).toBe(false)
  })
})

describe('hidden ancestors', () => {
  it('cannot exist where every child below a limited metric is limited too, or is the metric itself', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ hits: ['searches', 'deep'], searches: [] }), NOW)
    expect(tree.hiddenAbove('deep', ['hits', 'searches'], NOW)).toEqual([])
    expect(tree.hiddenAbove('orders', ['searches'], NOW)).toEqual([])
  })

  it('could exist where a child of a limited metric is not limited, so that its children are listed nowhere', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ hits: ['searches'] }), NOW)
    expect(tree.hiddenAbove('deep', ['hits'], NOW)).toEqual(['hits'])
    expect(tree.hiddenAbove('searches', ['hits'], NOW)).toEqual([])
    expect(tree.hiddenAbove('hits', ['hits'], NOW)).toEqual([])
  })

  it('could exist anywhere while no answer has listed children', () => {
    expect(new MetricHierarchy().hiddenAbove('deep', ['hits'], NOW)).toEqual(['hits'])
  })

  it('are named from the top', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ top: ['middle'], middle: ['bottom', 'x'], bottom: ['y'] }), NOW)
    expect(tree.hiddenAbove('deep', ['bottom', 'middle', 'top'], NOW)).toEqual(['top', 'middle', 'bottom'])
  })

  it('are ruled out by a question for an hour, and confirmed as long as no list says otherwise', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ hits: ['searches'], orders: ['o'] }), NOW)
    tree.learnAncestor('deep', 'hits', true, NOW)
    tree.learnAncestor('deep', 'orders', false, NOW)
    expect(tree.hiddenAbove('deep', ['hits', 'orders'], NOW + HIERARCHY_TTL_MS - 1)).toEqual([])
    tree.learn(lists({ hits: ['searches'], orders: ['o'] }), NOW + HIERARCHY_TTL_MS)
    expect(tree.hiddenAbove('deep', ['hits', 'orders'], NOW + HIERARCHY_TTL_MS)).toEqual(['orders'])
    expect(tree.isBelow('deep', 'hits')).toBe(true)
  })

  it('could exist again when a list has not been repeated for more than an hour', () => {
    const tree = new MetricHierarchy()
    tree.learn(lists({ hits: [] }), NOW)
    expect(tree.hiddenAbove('deep', ['hits'], NOW + HIERARCHY_TTL_MS)).toEqual([])
    expect(tree.hiddenAbove('deep', ['hits'], NOW + HIERARCHY_TTL_MS + 1)).toEqual(['hits'])
    expect(tree.learn(lists({ hits: [] }), NOW + HIERARCHY_TTL_MS + 1)).toBe(true)
    expect(tree.hiddenAbove('deep', ['hits'], NOW + HIERARCHY_TTL_MS + 1)).toEqual([])
  })

  it('need no question for metrics that the options declare', () => {
    const tree = new MetricHierarchy({ deep: { parent: 'searches' }, searches: { parent: 'hits' }, hits: {} })
    tree.learn(lists({ hits: ['searches'] }), NOW)
    expect(tree.hiddenAbove('deep', ['hits'], NOW)).toEqual([])
    expect(tree.isBelow('deep', 'hits')).toBe(true)
  })
})
