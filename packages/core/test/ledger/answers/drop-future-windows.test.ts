import { expect, it } from 'vitest'
import { type LimitNow, openLedger } from '../../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'

const AHEAD_MS = 55 * 60_000
const limits = (current: number): LimitNow[] => [
  ['hits', 'minute', 10, current],
  ['hits', 'day', 10, current],
]

function openWith(used: number) {
  const books = openLedger()
  const application = books.learn('a1', limits(0), { metrics: ['hits'] })
  for (let i = 0; i < used; i++) books.admit(application, { hits: 1 })
  const there = books.clock.now()
  books.clock.set(AHEAD_MS)
  return { ...books, application, there }
}

function report({ service }: ReturnType<typeof openWith>): void {
  for (const batch of takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })) batch.acknowledge()
}

it('usage that was counted before the clock was set stays exact', () => {
  const books = openWith(3)
  report(books)
  books.learn('a1', limits(3), { at: books.there })
  expect(books.warnings).toEqual(['THREESCALE_CLOCK_AHEAD'])
  expect(books.known(books.application)).toEqual([3, 3])
})

it('a future window that seemed to have begun is counted anew, on the safe side; other windows are not', () => {
  const books = openWith(3)
  // In a future minute of the same day.
  books.admit(books.application, { hits: 1 })
  expect(books.known(books.application)).toEqual([1, 4])
  report(books)
  books.learn('a1', limits(3), { at: books.there })
  expect(books.known(books.application)).toEqual([6, 4])
  books.clock.skip(61_000)
  books.learn('a1', [['hits', 'minute', 10, 0], limits(4)[1]!], { at: books.there + 61_000 })
  expect(books.known(books.application)).toEqual([0, 4])
})

it('applications without an answer since then keep their counts of windows that go on', () => {
  const books = openWith(3)
  books.admit(books.application, { hits: 1 })
  books.learn('a2', limits(0), { at: books.there })
  expect(books.application.planLimits.limits).toEqual([{ metric: 'hits', period: 'day' }])
  expect([books.known(books.application), books.application.answered]).toEqual([[4], false])
})
