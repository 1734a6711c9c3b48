import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { openLedger, SETTLE_MS } from '../../../../test/support/test-ledger.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { recoverBatch, recoverUsage, unsettledUsage } from '../../src/ledger/recover.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

const row = (minute: number, usage: Record<string, number>) => ({ minute, resent: false, usage })

describe('usage of a dead process', () => {
  it('waits with its minute, counts against limits that are learned later, and goes alone until it is proved', () => {
    const ledger = openLedger()
    const minute = ledger.clock.now() - 120_000
    const waiting = [row(minute, { hits: 2 }), row(minute + 60_000, { hits: 1, orders: 4 })]
    recoverUsage(ledger.whole, { service: 's1', application: 'a', waiting, maybeCounted: [] })
    const application = ledger.learn('a', [['hits', 'day', 10, 5]])
    expect(ledger.known(application)).toEqual([8])
    expect(ledger.whole.records).toBe(3)
    expect(imbalance(ledger.whole)).toEqual({})
    ledger.admit(ledger.learn('b', [['hits', 'day', 10]]), { hits: 1 })
    application.provedAt = Number.NEGATIVE_INFINITY
    const batches = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
    const rows = batches.map(({ rows: those }) => those.map((one) => [one.application.id, one.row.minute % 86_400_000]))
    expect(rows).toHaveLength(2)
    expect(rows.find(([first]) => first![0] === 'a')).toHaveLength(2)
  })

  it('counts at once against limits that are known already', () => {
    const ledger = openLedger()
    const application = ledger.learn('a', [['hits', 'day', 10, 5]])
    const waiting = [row(ledger.clock.now(), { hits: 2 })]
    recoverUsage(ledger.whole, { service: 's1', application: 'a', waiting, maybeCounted: waiting })
    expect(ledger.known(application)).toEqual([9])
  })

  it('law 16: is listed for each application that had some when the list began', () => {
    const ledger = openLedger()
    for (const id of ['a', 'b']) ledger.learn(id, [['hits', 'day', 10]])
    const waiting = [row(ledger.clock.now(), { hits: 2 })]
    recoverUsage(ledger.whole, { service: 's1', application: 'a', waiting: [], maybeCounted: waiting })
    ledger.admit(ledger.learn('b', [['hits', 'day', 10]]), { hits: 1 })
    const list = unsettledUsage(ledger.whole)
    const listed = [list.next().value!.application.id]
    // Meanwhile it moves on, by records that need those before them.
    takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!.giveUp('refused', false)
    for (const { application } of list) listed.push(application.id)
    expect(listed).toEqual(['a', 'b'])
  })

  it('law 8: is given up and told where its caller was never proved', () => {
    const ledger = openLedger()
    const waiting = [row(ledger.clock.now(), { hits: 2 })]
    recoverUsage(ledger.whole, { service: 's1', application: undefined, waiting, maybeCounted: [] })
    expect(ledger.losses).toMatchObject([{ kind: 'given-up', reason: 'unproven', usage: { hits: 2 } }])
    expect(imbalance(ledger.whole)).toEqual({})
  })

  it('is unsettled until answers surely contain it, where it was acknowledged', () => {
    const ledger = openLedger()
    ledger.clock.skip(10 * SETTLE_MS)
    const at = ledger.clock.now() - SETTLE_MS / 2
    const rows = [{ ...row(ledger.clock.now(), { hits: 3 }), application: 'a' }]
    recoverBatch(ledger.whole, { state: 'acknowledged', at, service: 's1', rows })
    expect(ledger.known(ledger.learn('a', [['hits', 'day', 10, 0]]))).toEqual([3])
    expect(imbalance(ledger.whole)).toEqual({})
    ledger.clock.skip(SETTLE_MS / 2)
    expect(ledger.known(ledger.learn('a', [['hits', 'day', 10, 3]]))).toEqual([3])
  })

  it('is ambiguous where its report was on its way', () => {
    const ledger = openLedger()
    const rows = [{ ...row(ledger.clock.now(), { hits: 3 }), application: 'a' }]
    const batch = recoverBatch(ledger.whole, { state: 'ambiguous', at: 0, service: 's1', rows })
    expect(ledger.whole.sums().hits).toMatchObject({ admitted: 3, ambiguous: 3 })
    expect([...ledger.whole.batches.unanswered()]).toEqual([batch])
    expect(ledger.known(ledger.learn('a', [['hits', 'day', 10, 0]]))).toEqual([3])
  })
})

it('records that wait are counted once, although minutes of an hour are merged', () => {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const observer = { lost: () => {}, cached: () => {}, warn: () => {} }
  const ledger = createLedger({ clock, settleMs: 1000, maxApplications: 10, observer, onWaiting: () => {} })
  const minute = Math.floor(clock.now() / 3_600_000 - 3) * 3_600_000
  const waiting = [
    { minute, resent: false, usage: { hits: 1 } },
    { minute: minute + 60_000, resent: false, usage: { words: 1 } },
  ]
  recoverUsage(ledger, { service: 's', application: 'a', waiting, maybeCounted: [] })
  expect(ledger.records).toBe(2)
})
