import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LimitNow, openLedger, verdictOf } from '../../../../../test/support/test-ledger.ts'
import { findAncestors } from '../../../src/authorization/cached/find-ancestors.ts'
import type { Usage } from '../../../src/domain/usage.ts'
import type { Verdict } from '../../../src/domain/verdict.ts'

type Parents = Readonly<Record<string, string | undefined>>

/** A backend that knows the tree: answers a prediction as apisonator does. */
function backend(parents: Parents, limits: readonly LimitNow[]) {
  const asked: Usage[] = []
  const ancestors = (metric: string): string[] => {
    const parent = parents[metric]
    return parent === undefined ? [] : [parent, ...ancestors(parent)]
  }
  const predict = async (usage: Usage): Promise<Verdict> => {
    asked.push(usage)
    const need = (limited: string) =>
      Object.entries(usage).reduce(
        (sum, [used, amount]) => sum + (used === limited || ancestors(used).includes(limited) ? amount : 0),
        0,
      )
    const footprint = limits.filter(([metric]) => need(metric) > 0)
    const broken = footprint.some(([metric, , max, current = 0]) => current + need(metric) > max)
    const limit = footprint.length === 0 ? { remaining: -1, resetSeconds: -1, max: undefined } : undefined
    const verdict = { ...verdictOf(limits, NOW), limit }
    return broken
      ? { ...verdict, authorized: false, status: 409, code: 'limits_exceeded', reason: 'usage limits are exceeded' }
      : verdict
  }
  return { predict, asked }
}

const NOW = Date.parse('2026-03-10T10:20:30Z')

async function search(parents: Parents, limits: readonly LimitNow[], known: Record<string, string[]>) {
  const ledger = openLedger()
  ledger.learn('a1', limits, { hierarchy: known, metrics: ['deep'] })
  const limited = limits.map(([metric]) => metric)
  const candidates = ledger.service.hierarchy.hiddenAbove('deep', limited, NOW)
  const { predict, asked } = backend(parents, limits)
  const result = await findAncestors(ledger.service, 'deep', candidates, predict)
  const { hierarchy } = ledger.service
  return { result, asked, candidates, below: candidates.filter((above) => hierarchy.isBelow('deep', above)) }
}

describe('the hidden ancestors of a metric', () => {
  const tree = { searches: 'hits', deep: 'searches' }

  it('are none where one of the metric alone turns out to be unlimited', async () => {
    const limits: LimitNow[] = [['hits', 'day', 10, 3]]
    const { result, asked, below } = await search({ searches: 'hits' }, limits, { hits: ['searches'] })
    expect([result.kind, asked, below]).toEqual(['settled', [{ deep: 1 }], []])
  })

  it('are found by using up what a limit leaves', async () => {
    const { result, asked, below } = await search(tree, [['hits', 'day', 10, 3]], { hits: ['searches'] })
    expect([result.kind, asked.slice(1), below]).toEqual(['settled', [{ deep: 1, hits: 7 }], ['hits']])
  })

  it('are told apart from limited metrics that are none', async () => {
    const limits: LimitNow[] = [
      ['hits', 'day', 10, 3],
      ['orders', 'day', 10, 9],
    ]
    const known = { hits: ['searches'], orders: ['items'] }
    const { result, below, candidates } = await search({ ...tree, items: 'orders' }, limits, known)
    expect(candidates.sort()).toEqual(['hits', 'orders'])
    expect([result.kind, below]).toEqual(['settled', ['hits']])
  })

  it('with a full limit are shown by the denial of one of the metric alone', async () => {
    const { result, asked, below } = await search(tree, [['hits', 'day', 10, 10]], { hits: ['searches'] })
    expect([result.kind, asked.length, below]).toEqual(['settled', 1, ['hits']])
  })

  it('with several full limits stay unknown, and the caller is denied whichever it is', async () => {
    const limits: LimitNow[] = [
      ['hits', 'day', 10, 10],
      ['orders', 'day', 5, 5],
    ]
    const { result, below } = await search(tree, limits, { hits: ['searches'], orders: ['items'] })
    expect(result).toMatchObject({ kind: 'refused', verdict: { code: 'limits_exceeded' } })
    expect(below).toEqual([])
  })

  it('do not include a metric whose full limit lets one pass', async () => {
    const limits: LimitNow[] = [
      ['hits', 'day', 10, 3],
      ['orders', 'day', 5, 5],
    ]
    const { asked, below } = await search(tree, limits, { hits: ['searches'], orders: ['items'] })
    expect([below, asked.some((usage) => 'orders' in usage)]).toEqual([['hits'], false])
  })

  it('stay unknown without an answer', async () => {
    const ledger = openLedger()
    ledger.learn('a1', [['hits', 'day', 10]], {
      hierarchy: { hits: ['searches'] },
      metrics: ['deep'],
    })
    expect(await findAncestors(ledger.service, 'deep', ['hits'], async () => undefined)).toEqual({ kind: 'unanswered' })
    expect(ledger.service.hierarchy.hiddenAbove('deep', ['hits'], NOW)).toEqual(['hits'])
  })

  it('stay open when usage of another process changes the count under each question', async () => {
    const ledger = openLedger()
    ledger.learn('a1', [['hits', 'day', 100]], {
      hierarchy: { hits: ['searches'] },
      metrics: ['deep'],
    })
    let current = 0
    const result = await findAncestors(ledger.service, 'deep', ['hits'], async () =>
      // The count is always one lower than the question assumed.
      ({ ...verdictOf([['hits', 'day', 100, --current]], NOW), limit: { remaining: 1, resetSeconds: 1, max: 100 } }),
    )
    expect(result).toEqual({ kind: 'open' })
  })

  it('are not concluded from a denial that another limit explains, which has filled up meanwhile', async () => {
    const ledger = openLedger()
    const limits = (orders: number): LimitNow[] => [
      ['hits', 'day', 10, 3],
      ['orders', 'day', 5, orders],
    ]
    const hierarchy = { hits: ['searches'], orders: ['items'] }
    ledger.learn('a1', limits(4), { hierarchy, metrics: ['deep'] })
    const parents = { searches: 'hits', items: 'orders', deep: 'items' }
    let orders = 4
    await findAncestors(ledger.service, 'deep', ['hits', 'orders'], (usage) =>
      backend(parents, limits(orders++)).predict(usage),
    )
    expect(ledger.service.hierarchy.isBelow('deep', 'hits')).toBe(false)
  })

  it('are not concluded from a denial that the candidate caused, because it is below another limit', async () => {
    const limits: LimitNow[] = [
      ['top', 'day', 1],
      ['low', 'day', 1],
    ]
    const known = { top: ['middle', 'deep'], low: ['leaf'] }
    const parents = { middle: 'top', deep: 'top', low: 'middle', leaf: 'low' }
    const { below, candidates } = await search(parents, limits, known)
    expect([candidates, below]).toEqual([['low'], []])
    // Nor while the ancestors of the candidate are unknown.
    const ledger = openLedger()
    ledger.learn('a1', limits, { hierarchy: known, metrics: ['deep'] })
    const { predict } = backend(parents, limits)
    await findAncestors(ledger.service, 'deep', ['low'], async (usage) =>
      'deep' in usage ? predict(usage) : undefined,
    )
    expect(ledger.service.hierarchy.isBelow('deep', 'low')).toBe(false)
  })

  it.each([
    ['leaves room', 3],
    ['is full', 10],
  ])('are found although another candidate, which stays open, is below them, if their limit %s', async (_, used) => {
    const limits: LimitNow[] = [
      ['hits', 'day', 10, used],
      ['wide', 'day', 99],
    ]
    const parents = { searches: 'hits', deep: 'searches', wide: 'hits', leaf: 'wide' }
    const { below, candidates } = await search(parents, limits, { hits: ['searches', 'wide'], wide: ['leaf'] })
    expect([candidates, below]).toEqual([['hits', 'wide'], ['hits']])
  })

  it('stay open, without a further call, while a limit above leaves no room for a question', async () => {
    const limits: LimitNow[] = [
      ['top', 'day', 4, 3],
      ['side', 'day', 9, 0],
    ]
    const known = { top: ['deep', 'side'], side: ['leaf'] }
    const { result, asked } = await search({ deep: 'top', side: 'top', leaf: 'side' }, limits, known)
    expect([result.kind, asked]).toEqual(['open', [{ deep: 1 }]])
  })

  it('law 7: are never found wrongly, in any tree under any limits', async () => {
    const metrics = ['m0', 'm1', 'm2', 'm3', 'deep']
    // Each metric's parent comes before it, so that there is no circle.
    const tree = fc.tuple(...metrics.map((_, index) => fc.option(fc.nat(Math.max(0, index - 1)))))
    const limit = fc.record({ metric: fc.nat(3), max: fc.integer({ min: 1, max: 9 }), current: fc.nat(9) })
    const limits = fc.uniqueArray(limit, { minLength: 1, maxLength: 4, selector: ({ metric }) => metric })
    await fc.assert(
      fc.asyncProperty(tree, limits, async (places, all) => {
        const parents = Object.fromEntries(
          metrics.map((metric, index) => {
            const place = places[index]
            return [metric, index === 0 || place === null || place === undefined ? undefined : metrics[place]]
          }),
        )
        const now: LimitNow[] = all.map(({ metric, max, current }) => [
          metrics[metric]!,
          'day',
          max,
          Math.min(current, max),
        ])
        const listed = Object.fromEntries(
          now.map(([limited]) => [limited, metrics.filter((metric) => parents[metric] === limited)]),
        )
        const { result, below, candidates, asked } = await search(parents, now, listed)
        expect(new Set(asked.map((usage) => JSON.stringify(usage))).size).toBe(asked.length)
        if (result.kind !== 'settled') {
          expect(['refused', 'open']).toContain(result.kind)
          return
        }
        const ancestors = new Set<string>()
        for (let above = parents.deep; above !== undefined; above = parents[above]) ancestors.add(above)
        expect(below).toEqual(candidates.filter((above) => ancestors.has(above)))
      }),
      { numRuns: 2000 },
    )
  })
})
