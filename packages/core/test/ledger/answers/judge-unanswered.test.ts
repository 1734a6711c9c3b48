import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../../test/support/imbalance.ts'
import { type LimitNow, openLedger, SETTLE_MS, type TestLedger } from '../../../../../test/support/test-ledger.ts'
import { canTell } from '../../../src/ledger/answers/judge-unanswered.ts'
import type { ApplicationLedger } from '../../../src/ledger/application-ledger.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'
import { namedUsage } from '../../../src/ledger/usage/usage-row.ts'

const take = ({ service }: TestLedger): Batch => takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!
const DAY = (current: number): LimitNow[] => [['hits', 'day', 100, current]]

/** The backend counted 2 before; a batch of 3 got no answer. */
function openUnanswered(limits = DAY): { ledger: TestLedger; application: ApplicationLedger; batch: Batch } {
  const ledger = openLedger()
  const application = ledger.learn('a1', limits(2))
  ledger.admit(application, { hits: 3 })
  const batch = take(ledger)
  batch.leaveUnanswered()
  return { ledger, application, batch }
}

describe('a batch without an answer', () => {
  it.each([5, 10])('is not concluded to be counted, because the usage may be of other processes (%s)', (current) => {
    const { ledger, batch } = openUnanswered()
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', DAY(current))
    expect([batch.state, batch.undecidable]).toEqual(['ambiguous', true])
  })

  it('was not counted when the backend lacks it, and its usage waits again, unmarked', () => {
    const { ledger, application, batch } = openUnanswered()
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', DAY(2))
    expect(batch.state).toBe('over')
    const { pending } = application
    expect([namedUsage([pending!], ledger.service.metrics), pending!.resent]).toEqual([{ hits: 3 }, false])
    expect([ledger.known(application), ledger.whole.records, imbalance(ledger.whole)]).toEqual([[5], 1, {}])
  })

  it('was not counted when the backend lacks it in a limit that is not the first', () => {
    const limits = (current: number): LimitNow[] => [['orders', 'day', 100, 7], DAY(current)[0]!]
    const { ledger, application, batch } = openUnanswered(limits)
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', limits(2))
    expect([batch.state, ledger.known(application)]).toEqual(['over', [7, 5]])
  })

  it('stays ambiguous until the backend has had settleMs to count it', () => {
    const { ledger, batch } = openUnanswered()
    ledger.clock.skip(SETTLE_MS - 1)
    ledger.learn('a1', DAY(2))
    expect([batch.state, batch.undecidable]).toEqual(['ambiguous', false])
  })

  it('is judged by how long it has been without an answer, not by when it was sent', () => {
    const ledger = openLedger()
    ledger.admit(ledger.learn('a1', DAY(2)), { hits: 3 })
    const batch = take(ledger)
    ledger.clock.skip(SETTLE_MS)
    batch.leaveUnanswered()
    ledger.clock.skip(SETTLE_MS - 1)
    ledger.learn('a1', DAY(2))
    expect([batch.state, batch.undecidable]).toEqual(['ambiguous', false])
    ledger.clock.skip(1)
    ledger.learn('a1', DAY(2))
    expect(batch.state).toBe('over')
  })

  it('is judged together with other batches under way', () => {
    const { ledger, application, batch } = openUnanswered()
    ledger.clock.skip(SETTLE_MS - 1)
    ledger.admit(application, { hits: 3 })
    take(ledger).acknowledge()
    ledger.admit(application, { hits: 10 })
    ledger.clock.skip(1)
    // One of two batches of 3 is missing, but it is unknown which until the other is surely counted.
    ledger.learn('a1', DAY(5))
    expect([batch.state, batch.undecidable, batch.hidden]).toEqual(['ambiguous', false, true])
    expect(ledger.known(application)).toEqual([18])
    for (const one of ledger.whole.batches.acknowledged()) one.release()
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', DAY(5))
    expect([batch.state, ledger.known(application), ledger.losses]).toEqual(['over', [18], []])
  })

  it('was not counted when more is missing than all other batches could explain', () => {
    const { ledger, application, batch } = openUnanswered()
    ledger.clock.skip(SETTLE_MS - 1)
    ledger.admit(application, { hits: 4 })
    take(ledger).acknowledge()
    ledger.clock.skip(1)
    ledger.learn('a1', DAY(2))
    expect([batch.state, ledger.known(application)]).toEqual(['over', [9]])
  })

  it('is undecidable where two limits contradict each other, because one count was reset', () => {
    const limits = (current: number): LimitNow[] => [
      ['hits', 'day', 100, current],
      ['hits', 'eternity', 100, 2],
    ]
    const { ledger, batch } = openUnanswered(limits)
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', limits(5))
    expect([batch.state, batch.undecidable]).toEqual(['ambiguous', true])
  })

  it('is not judged by a count that assumes too much', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 3 })
    const batch = take(ledger)
    batch.leaveUnanswered()
    // The new limit assumes that the usage is missing, though it is counted.
    ledger.learn('a1', DAY(3))
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', DAY(3))
    expect([batch.state, batch.undecidable, ledger.known(application)]).toEqual(['ambiguous', true, [6]])
  })

  it('is not judged while usage waits that may be counted twice', () => {
    const { ledger, application, batch } = openUnanswered()
    batch.takeBack(true)
    ledger.admit(application, { hits: 1 })
    const next = take(ledger)
    next.leaveUnanswered()
    expect(next.rows.map(({ row }) => row.resent).sort()).toEqual([false, true])
    ledger.admit(application, { hits: 1 })
    ledger.resend()
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', DAY(5))
    expect([next.state, next.undecidable]).toEqual(['ambiguous', true])
  })

  it('can be judged by a limit of a metric that it uses, in a window that holds its usage', () => {
    const { ledger, application, batch } = openUnanswered()
    expect(canTell(application, batch)).toBe(true)
    ledger.clock.skip(24 * 3_600_000)
    ledger.known(application)
    expect(canTell(application, batch)).toBe(false)
    const other = openUnanswered((current) => [['orders', 'day', 100, current]])
    expect(canTell(other.application, other.batch)).toBe(false)
  })
})
