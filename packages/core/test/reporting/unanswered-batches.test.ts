import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { openLedger, SETTLE_MS } from '../../../../test/support/test-ledger.ts'
import type { ApplicationLedger } from '../../src/ledger/application-ledger.ts'
import type { Batch } from '../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import { namedUsage } from '../../src/ledger/usage/usage-row.ts'
import type { Slice } from '../../src/primitives/slice.ts'
import { UnansweredBatches } from '../../src/reporting/unanswered-batches.ts'

const GRACE_MS = 20_000

function unansweredBatch({
  limited = true,
  ambiguous = 'give-up' as 'give-up' | 'count-again',
  applications = 1,
  onQuestion = (_batch: Batch): void => {},
} = {}) {
  const ledger = openLedger()
  for (let index = 0; index < applications; index++) {
    const application = ledger.learn(`a${index}`, limited ? [['hits', 'day', 100]] : [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 3 })
  }
  const [batch] = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
  batch!.leaveUnanswered()
  const asked: ApplicationLedger[] = []
  const unanswered = new UnansweredBatches({
    batches: ledger.whole.batches,
    clock: ledger.clock,
    settleMs: SETTLE_MS,
    ambiguous,
    graceMs: GRACE_MS,
    prove: async (application) => {
      asked.push(application)
      onQuestion(batch!)
    },
  })
  return { ledger, batch: batch!, unanswered, asked }
}

describe('a batch that may have been counted', () => {
  it('is asked about once the backend has had the time to count it, not before', async () => {
    const { ledger, unanswered, asked, batch } = unansweredBatch()
    expect(unanswered.dueAt).toBe(ledger.clock.elapsed() + SETTLE_MS)
    ledger.clock.skip(SETTLE_MS - 1)
    await unanswered.resolve()
    expect(asked).toEqual([])
    ledger.clock.skip(1)
    await unanswered.resolve()
    expect([asked.length, batch.state]).toEqual([1, 'ambiguous'])
    expect(unanswered.dueAt).toBe(ledger.clock.elapsed() + GRACE_MS)
  })

  it('is given up at once when no limit can tell', async () => {
    const { ledger, unanswered, asked } = unansweredBatch({ limited: false })
    ledger.clock.skip(SETTLE_MS)
    await unanswered.resolve()
    expect([asked, unanswered.dueAt]).toEqual([[], Number.POSITIVE_INFINITY])
    expect(ledger.losses).toMatchObject([{ kind: 'given-up', reason: 'ambiguous', usage: { hits: 3 } }])
  })

  it('is sent again, marked as resent, where the options say so', async () => {
    const { ledger, unanswered } = unansweredBatch({ limited: false, ambiguous: 'count-again' })
    ledger.clock.skip(SETTLE_MS)
    await unanswered.resolve()
    const { pending } = ledger.service.applications.get('a0')!
    expect([pending!.resent, namedUsage([pending!], ledger.service.metrics)]).toEqual([true, { hits: 3 }])
    expect(ledger.losses).toEqual([])
  })

  it('is given up after an answer that should have shown whether it was counted and did not', async () => {
    const onQuestion = (one: Batch) => {
      one.undecidable = true
    }
    const { ledger, batch, unanswered, asked } = unansweredBatch({ onQuestion })
    ledger.clock.skip(SETTLE_MS)
    await unanswered.resolve()
    expect(batch.state).toBe('ambiguous')
    ledger.clock.skip(GRACE_MS)
    await unanswered.resolve()
    expect([batch.state, asked.length]).toEqual(['over', 1])
  })

  it('is given up after ten questions without an answer', async () => {
    const { ledger, batch, unanswered, asked } = unansweredBatch()
    ledger.clock.skip(SETTLE_MS)
    for (let question = 0; question < 10; question++) {
      await unanswered.resolve()
      // No further question is sent until the pause is over.
      await unanswered.resolve()
      expect([asked.length, batch.state]).toEqual([question + 1, 'ambiguous'])
      ledger.clock.skip(GRACE_MS)
    }
    await unanswered.resolve()
    expect([asked.length, batch.state]).toEqual([10, 'over'])
  })

  it('is asked about through a few of its applications, until one answer decides', async () => {
    const onQuestion = (one: Batch) => {
      if (asked.length === 5) one.acknowledge()
    }
    const { ledger, batch, unanswered, asked } = unansweredBatch({ applications: 6, onQuestion })
    ledger.clock.skip(SETTLE_MS)
    await unanswered.resolve()
    expect(asked).toHaveLength(4)
    ledger.clock.skip(GRACE_MS)
    await unanswered.resolve()
    expect([asked.length, batch.state]).toEqual([5, 'acknowledged'])
    await unanswered.resolve()
    expect(unanswered.dueAt).toBe(Number.POSITIVE_INFINITY)
  })

  it('law 17: lets other work run before the next, and leaves that alone if an answer took it back meanwhile', async () => {
    const { ledger, batch, unanswered } = unansweredBatch({ limited: false })
    ledger.admit(ledger.learn('a1', [], { metrics: ['hits'] }), { hits: 4 })
    const [next] = takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })
    next!.leaveUnanswered()
    ledger.clock.skip(SETTLE_MS)
    const states: string[] = []
    const rest = async () => {
      states.push(batch.state)
      if (batch.state === 'over') next!.takeBack(false)
      ledger.clock.skip(SETTLE_MS)
    }
    await unanswered.resolve({ over: true, rest } as unknown as Slice)
    expect([states, ledger.losses.length, imbalance(ledger.whole)]).toEqual([['ambiguous', 'over'], 1, {}])
    expect(ledger.whole.sums().hits).toMatchObject({ pending: 4, givenUp: 3 })
  })

  it.each([3_600_000, -3_600_000])('waits as long when the clock is set by %s ms meanwhile', async (byMs) => {
    const { ledger, unanswered, asked } = unansweredBatch()
    ledger.clock.set(byMs)
    ledger.clock.skip(SETTLE_MS - 1)
    await unanswered.resolve()
    expect(asked).toEqual([])
    ledger.clock.skip(1)
    await unanswered.resolve()
    expect(asked).toHaveLength(1)
  })
})
