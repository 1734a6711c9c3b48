import { expect, it } from 'vitest'
import { type LimitNow, openLedger } from '../../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'

const AHEAD_MS = 55 * 60_000
const limits = (current: number): LimitNow[] => [
  ['hits', 'minute', 10, current],
  ['hits', 'day', 10, current],
]

function openWith(used: number) {
  const ledger = openLedger()
  const application = ledger.learn('a1', limits(0), { metrics: ['hits'] })
  for (let i = 0; i < used; i++) ledger.admit(application, { hits: 1 })
  const there = ledger.clock.now()
  ledger.clock.set(AHEAD_MS)
  return { ...ledger, application, there }
}

function report({ service }: ReturnType<typeof openWith>): void {
  for (const batch of takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })) batch.acknowledge()
}

it('usage that was counted before the clock was set stays exact', () => {
  const ledger = openWith(3)
  report(ledger)
  ledger.learn('a1', limits(3), { at: ledger.there })
  expect(ledger.warnings).toEqual(['THREESCALE_CLOCK_AHEAD'])
  expect(ledger.known(ledger.application)).toEqual([3, 3])
})

it('a future window that seemed to have begun is counted anew, on the safe side; other windows are not', () => {
  const ledger = openWith(3)
  // In a future minute of the same day.
  ledger.admit(ledger.application, { hits: 1 })
  expect(ledger.known(ledger.application)).toEqual([1, 4])
  report(ledger)
  ledger.learn('a1', limits(3), { at: ledger.there })
  expect(ledger.known(ledger.application)).toEqual([6, 4])
  ledger.clock.skip(61_000)
  ledger.learn('a1', [['hits', 'minute', 10, 0], limits(4)[1]!], { at: ledger.there + 61_000 })
  expect(ledger.known(ledger.application)).toEqual([0, 4])
})

it('applications without an answer since then keep their counts of windows that go on', () => {
  const ledger = openWith(3)
  ledger.admit(ledger.application, { hits: 1 })
  ledger.learn('a2', limits(0), { at: ledger.there })
  expect(ledger.application.planLimits.limits).toEqual([{ metric: 'hits', period: 'day' }])
  expect([ledger.known(ledger.application), ledger.application.answered]).toEqual([[4], false])
})
