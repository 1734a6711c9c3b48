import { describe, expect, it } from 'vitest'
import { type LimitNow, openLedger, reportOf, SETTLE_MS } from '../../../../../test/support/test-ledger.ts'
import { createUsageShape } from '../../../src/domain/usage.ts'
import { countedByBackend } from '../../../src/ledger/answers/counted-by-backend.ts'
import { Batch } from '../../../src/ledger/usage/batch.ts'

const HOUR = 3_600_000
const limits = (inHour: number, inDay: number): LimitNow[] => [
  ['hits', 'hour', 10, inHour],
  ['hits', 'day', 10, inDay],
  ['orders', 'day', 10, 1],
]

/** Usage of 3 hits by an authrep, reserved before it is sent; the backend has counted 2 of the day before. */
function openReserved() {
  const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
  const application = ledger.learn('a1', limits(0, 2))
  const now = ledger.clock.now()
  const row = application.reserve(application.planLimits.footprintOf(createUsageShape({ hits: 3 }), now), now)!
  const batch = new Batch(ledger.service, [{ application, row }])
  const known = () => ledger.known(application)
  /** The answer of the authrep, decided `byMs` after our stamp. */
  const answer = (byMs: number) => {
    countedByBackend(
      application,
      row,
      limits(3, 5).map((limit) => reportOf(limit, now + byMs)),
    )
    batch.acknowledge()
  }
  return { ...ledger, known, answer }
}

describe('usage of an authrep', () => {
  it('stays in its hour when the backend decided in the same one', () => {
    const { known, answer, learn, clock, losses } = openReserved()
    answer(0)
    expect(known()).toEqual([3, 5, 1])
    clock.skip(HOUR)
    learn('a1', limits(0, 5))
    expect([known(), losses]).toEqual([[0, 5, 1], []])
  })

  it('moves to the window of the answer when that is newer', () => {
    const { known, answer, clock } = openReserved()
    answer(HOUR)
    clock.skip(HOUR)
    expect(known()).toEqual([3, 5, 1])
  })

  it('stays where the answer is of an older window, and is no loss if a later answer lacks it there', () => {
    const { known, answer, learn, clock, losses } = openReserved()
    answer(-24 * HOUR)
    expect(known()).toEqual([3, 5, 1])
    clock.skip(SETTLE_MS)
    learn('a1', limits(0, 2))
    expect([known(), losses]).toEqual([[0, 2, 1], []])
  })

  it('is a loss only in the windows that hold it, whatever other limits show', () => {
    const { known, answer, learn, clock, losses } = openReserved()
    // Of the hour before, but of the same day.
    answer(-HOUR)
    clock.skip(SETTLE_MS)
    learn('a1', limits(0, 2))
    expect([known(), losses]).toMatchObject([[0, 2, 1], [{ kind: 'suspected', usage: { hits: 3 } }]])
    expect(losses).toHaveLength(1)
  })

  it('is a loss if a later answer lacks it where it was counted', () => {
    const { answer, learn, clock, losses } = openReserved()
    answer(0)
    clock.skip(SETTLE_MS)
    learn('a1', limits(0, 2))
    // In the hour and in the day.
    const loss = { kind: 'suspected', usage: { hits: 3 } }
    expect(losses).toMatchObject([loss, loss])
  })
})
