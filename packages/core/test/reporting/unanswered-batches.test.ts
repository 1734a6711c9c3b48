import { describe, expect, it } from 'vitest'
import type { ApplicationLedger } from '../../src/ledger/application-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'
import { namedUsage } from '../../src/ledger/usage/usage-row.ts'
import { UnansweredBatches } from '../../src/reporting/unanswered-batches.ts'
import { openBooks, SETTLE_MS } from '../ledger/books.ts'

const GRACE_MS = 20_000

function doubt({ limited = true, ambiguous = 'give-up' as 'give-up' | 'count-again', applications = 1 } = {}) {
  const books = openBooks()
  for (let index = 0; index < applications; index++) {
    const application = books.learn(`a${index}`, limited ? [['hits', 'day', 100]] : [], { metrics: ['hits'] })
    books.admit(application, { hits: 3 })
  }
  const [batch] = takeBatches(books.service, { provedWithinMs: 1e9, late: 're-stamp' })
  batch!.doubt()
  const asked: ApplicationLedger[] = []
  books.ledger.asker = async (application) => void asked.push(application)
  const doubts = new UnansweredBatches({ ledger: books.ledger, clock: books.clock, ambiguous, graceMs: GRACE_MS })
  doubts.add(batch!)
  return { books, batch: batch!, doubts, asked }
}

describe('a batch that may have been counted', () => {
  it('is asked about when the backend had the time to count it, not before', async () => {
    const { books, doubts, asked, batch } = doubt()
    expect(doubts.dueAt).toBe(books.clock.elapsed() + SETTLE_MS)
    books.clock.advance(SETTLE_MS - 1)
    await doubts.resolve()
    expect(asked).toEqual([])
    books.clock.advance(1)
    await doubts.resolve()
    expect([asked.length, batch.state]).toEqual([1, 'ambiguous'])
    expect(doubts.dueAt).toBe(books.clock.elapsed() + GRACE_MS)
  })

  it('is given up at once when no limit can tell', async () => {
    const { books, doubts, asked } = doubt({ limited: false })
    books.clock.advance(SETTLE_MS)
    await doubts.resolve()
    expect([asked, doubts.dueAt]).toEqual([[], Number.POSITIVE_INFINITY])
    expect(books.losses).toMatchObject([{ kind: 'given-up', reason: 'ambiguous', usage: { hits: 3 } }])
  })

  it('is sent again instead where the options say so, marked', async () => {
    const { books, doubts } = doubt({ limited: false, ambiguous: 'count-again' })
    books.clock.advance(SETTLE_MS)
    await doubts.resolve()
    const { pending } = books.service.applications.get('a0')!
    expect([pending!.resent, namedUsage([pending!])]).toEqual([true, { hits: 3 }])
    expect(books.losses).toEqual([])
  })

  it('is given up after an answer that should have told and did not', async () => {
    const { books, batch, doubts, asked } = doubt()
    books.ledger.asker = async () => {
      batch.undecidable = true
    }
    books.clock.advance(SETTLE_MS)
    await doubts.resolve()
    expect(batch.state).toBe('ambiguous')
    books.clock.advance(GRACE_MS)
    await doubts.resolve()
    expect([batch.state, asked]).toEqual(['over', []])
  })

  it('is given up after ten questions without an answer', async () => {
    const { books, batch, doubts, asked } = doubt()
    books.clock.advance(SETTLE_MS)
    for (let question = 0; question < 10; question++) {
      await doubts.resolve()
      // Nothing more is asked until the pause is over.
      await doubts.resolve()
      expect([asked.length, batch.state]).toEqual([question + 1, 'ambiguous'])
      books.clock.advance(GRACE_MS)
    }
    await doubts.resolve()
    expect([asked.length, batch.state]).toEqual([10, 'over'])
  })

  it('is asked about by a few of its applications, until one tells', async () => {
    const { books, batch, doubts } = doubt({ applications: 6 })
    const asked: ApplicationLedger[] = []
    books.ledger.asker = async (application) => void asked.push(application)
    books.clock.advance(SETTLE_MS)
    await doubts.resolve()
    expect(asked).toHaveLength(4)
    books.ledger.asker = async () => {
      asked.push(books.service.applications.get('a0')!)
      batch.acknowledge()
    }
    books.clock.advance(GRACE_MS)
    await doubts.resolve()
    expect([asked.length, batch.state]).toEqual([5, 'acknowledged'])
    await doubts.resolve()
    expect(doubts.dueAt).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([3_600_000, -3_600_000])('waits as long when the clock is set by %s ms meanwhile', async (byMs) => {
    const { books, doubts, asked } = doubt()
    books.clock.set(byMs)
    books.clock.advance(SETTLE_MS - 1)
    await doubts.resolve()
    expect(asked).toEqual([])
    books.clock.advance(1)
    await doubts.resolve()
    expect(asked).toHaveLength(1)
  })
})
