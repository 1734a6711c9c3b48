import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../../test/support/imbalance.ts'
import { openLedger, type TestLedger, usageOf } from '../../../../../test/support/test-ledger.ts'
import { MAX_PARAMETERS, MAX_TRANSACTIONS } from '../../../src/client/encode/report-batches.ts'
import type { ApplicationLedger } from '../../../src/ledger/application-ledger.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { needsProof, type TakeOptions, takeBatches, waitingMetrics } from '../../../src/ledger/usage/take-batches.ts'
import { namedUsage } from '../../../src/ledger/usage/usage-row.ts'

const HOUR = 3_600_000
const take = ({ service }: TestLedger, options: Partial<TakeOptions> = {}): Batch[] =>
  takeBatches(service, { provedWithinMs: 20_000, late: 're-stamp', ...options })
const sizes = (batches: readonly Batch[]) => batches.map(({ rows }) => rows.length)
const ids = (batches: readonly Batch[]) => batches.map(({ rows }) => rows.map(({ application }) => application.id))

function using(applications: number, usage: Record<string, number>): TestLedger {
  const books = openLedger({ maxApplications: applications })
  for (let index = 0; index < applications; index++) {
    books.admit(books.learn(`a${index}`, [], { metrics: Object.keys(usage) }), usage)
  }
  return books
}

describe('a batch', () => {
  it('has at most 1,000 transactions', () => {
    expect(MAX_TRANSACTIONS).toBe(1000)
    expect(sizes(take(using(1001, { hits: 1 })))).toEqual([1000, 1])
  })

  it('has at most 4,000 parameters: id, stamp and metrics of each transaction', () => {
    expect(MAX_PARAMETERS).toBe(4000)
    const usage = { a: 1, b: 1, c: 1 }
    expect(sizes(take(using(800, usage)))).toEqual([800])
    expect(sizes(take(using(801, usage)))).toEqual([800, 1])
  })

  it('counts the response code among the parameters', () => {
    const books = openLedger()
    const application = books.learn('a1', [], { metrics: ['a', 'b'] })
    for (let call = 0; call < 801; call++) books.countAsOwn(application, { a: 1, b: 1 }, 200)
    expect(sizes(take(books))).toEqual([800, 1])
  })

  it('is in flight from the moment it is taken', () => {
    const books = using(1, { hits: 3 })
    const [batch] = take(books)
    expect(batch!.state).toBe('inFlight')
    expect(books.ledger.sums().hits).toMatchObject({ inFlight: 3, pending: 0 })
    expect(books.ledger.records).toBe(0)
    expect(take(books)).toEqual([])
  })
})

describe('a batch of its own holds', () => {
  it('law 9: an application that no answer has proved lately', () => {
    const books = openLedger()
    const applications = ['a1', 'a2', 'a3'].map((id) => books.learn(id, [], { metrics: ['hits'] }))
    books.clock.skip(20_001)
    books.learn('a2', [], { metrics: ['hits'] })
    for (const application of applications) books.admit(application, { hits: 1 })
    expect(applications.map((application) => needsProof(application, 20_000))).toEqual([true, false, true])
    expect(ids(take(books))).toEqual([['a2'], ['a1'], ['a3']])
  })

  it('law 9: each metric that no answer has proved lately, of an application that is proved', () => {
    const books = openLedger()
    const application = books.learn('a1', [], { metrics: ['old', 'older', 'hits'] })
    books.clock.skip(20_001)
    books.learn('a1', [], { metrics: ['hits'] })
    books.admit(application, { hits: 1, old: 2, older: 3 })
    expect(needsProof(application, 20_000)).toBe(true)
    expect(waitingMetrics(application).sort()).toEqual(['hits', 'old', 'older'])
    books.resend()
    const batches = take(books)
    expect(batches.map((batch) => usageOf(batch))).toEqual([{ hits: 1 }, { old: 2 }, { older: 3 }])
    expect(batches.every(({ rows }) => rows[0]!.row.resent)).toBe(true)
    expect(imbalance(books.ledger)).toEqual({})
  })
})

describe('what is not taken is', () => {
  it('usage of an unverified caller', () => {
    const books = openLedger()
    const unverified = books.service.unverified()
    books.admit(unverified, { hits: 1 })
    expect([take(books), namedUsage([unverified.pending!], books.service.metrics)]).toEqual([[], { hits: 1 }])
  })

  it('a transaction that waits for its response', () => {
    const books = openLedger()
    const application = books.learn('a1', [], { metrics: ['hits'] })
    const row = books.countAsOwn(application, { hits: 1 })!
    expect(take(books)).toEqual([])
    application.release(row, 200)
    expect(sizes(take(books))).toEqual([1])
  })

  it('usage of other applications and services, where only one is wanted', () => {
    const books = using(2, { hits: 1 })
    const only = new Set([books.service.applications.get('a1')!])
    expect(ids(take(books, { only }))).toEqual([['a1']])
    expect(
      takeBatches(books.ledger.service('s2'), {
        provedWithinMs: 20_000,
        late: 're-stamp',
      }),
    ).toEqual([])
    expect(ids(take(books))).toEqual([['a0']])
  })
})

describe('stamps', () => {
  const admitAt = (ageMs: number, late: TakeOptions['late']) => {
    const books = openLedger({ now: '2026-03-10T10:20:30Z' })
    const application = books.learn('a1', [['hits', 'day', 10]])
    books.admit(application, { hits: 1 })
    books.clock.skip(ageMs)
    const batches = take(books, { late, provedWithinMs: 1e9 })
    return { books, application, stamps: batches.flatMap(({ rows }) => rows.map(({ row }) => new Date(row.minute))) }
  }

  it('law 9: of usage up to 23 hours old are kept', () => {
    const { stamps } = admitAt(23 * HOUR - 30_000, 'late')
    expect(stamps).toEqual([new Date('2026-03-10T10:20:00Z')])
  })

  it('law 9: of older usage become the present, and the usage counts in its windows', () => {
    const { stamps, books, application } = admitAt(23 * HOUR - 29_000, 're-stamp')
    expect(stamps).toEqual([new Date('2026-03-11T09:20:00Z')])
    expect([books.known(application), books.losses]).toEqual([[1], []])
  })

  it('law 8: of older usage are not sent where the options say so, and the loss is announced', () => {
    const { stamps, books } = admitAt(23 * HOUR - 29_000, 'late')
    expect(stamps).toEqual([])
    expect(books.losses).toMatchObject([{ kind: 'given-up', reason: 'late', usage: { hits: 1 } }])
    expect([imbalance(books.ledger), books.ledger.records]).toEqual([{}, 0])
  })

  it('law 9: more than 55 minutes ahead become the present', () => {
    const books = openLedger({ now: '2026-03-10T10:20:30Z' })
    const application = books.learn('a1', [['hits', 'day', 10]])
    books.admit(application, { hits: 1 })
    application.pending!.stamp(Date.parse('2026-03-10T11:16:00Z'))
    const [batch] = take(books)
    expect(new Date(batch!.rows[0]!.row.minute)).toEqual(new Date('2026-03-10T10:20:00Z'))
    expect(books.known(application)).toEqual([1])
  })

  it('that are renewed do not send a transaction before its response', () => {
    const books = openLedger()
    const application = books.learn('a1', [], { metrics: ['hits'] })
    books.countAsOwn(application, { hits: 1 })
    books.clock.skip(24 * HOUR)
    expect([take(books), namedUsage([application.ownTransactions!], books.service.metrics)]).toEqual([[], { hits: 1 }])
  })
})

it('law 8: batches hold exactly what waited, within what the backend takes', () => {
  const usage = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 })
  const requests = fc.array(fc.record({ application: fc.nat(40), usage, wait: fc.nat(90_000) }), { maxLength: 120 })
  fc.assert(
    fc.property(requests, (all) => {
      const books = openLedger({ maxApplications: 50 })
      const waited = new Map<ApplicationLedger, number>()
      for (const { application, usage: used, wait } of all) {
        const known = books.learn(`a${application}`, [], { metrics: application % 2 === 0 ? Object.keys(used) : [] })
        books.admit(known, used)
        waited.set(known, (waited.get(known) ?? 0) + Object.values(used).reduce((sum, one) => sum + one, 0))
        books.clock.skip(wait)
      }
      const batches = take(books)
      for (const { rows } of batches) {
        for (const { application, row } of rows) {
          const used = Object.values(namedUsage([row], books.service.metrics)).reduce((sum, one) => sum + one, 0)
          waited.set(application, waited.get(application)! - used)
        }
        const parameters = rows.reduce((sum, { row }) => sum + 2 + row.records, 0)
        expect(parameters).toBeLessThanOrEqual(MAX_PARAMETERS)
        expect(rows.length).toBeLessThanOrEqual(MAX_TRANSACTIONS)
      }
      expect([...waited.values()].every((left) => left === 0)).toBe(true)
      expect([imbalance(books.ledger), books.ledger.records]).toEqual([{}, 0])
    }),
  )
})
