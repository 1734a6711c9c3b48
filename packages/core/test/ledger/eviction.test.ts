import { describe, expect, it } from 'vitest'
import { openLedger, SETTLE_MS, type TestLedger } from '../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

const METRICS = { metrics: ['hits'] }
const kept = ({ service }: TestLedger) => [...service.applications.keys()]
const send = ({ service }: TestLedger) => {
  for (const batch of takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })) batch.acknowledge()
}

function full(max: number): TestLedger {
  const books = openLedger({ maxApplications: max })
  for (let index = 0; index < max; index++) books.learn(`a${index}`, [], METRICS)
  return books
}

describe('law 10: the ledger', () => {
  it('keeps as many applications as it may, then forgets one for each new one', () => {
    const books = full(3)
    books.learn('new', [], METRICS)
    expect(kept(books)).toEqual(['a1', 'a2', 'new'])
    expect([books.ledger.eviction.size, books.events]).toEqual([3, ['evicted']])
  })

  it('forgets an application that was not used lately before one that was', () => {
    const books = openLedger({ maxApplications: 3 })
    // To make room for the last it looks at the others, after which none of them counts as used.
    for (const id of ['forgotten', 'a0', 'a1', 'a2']) books.learn(id, [], METRICS)
    const first = books.service.applications.get('a0')!
    books.admit(first, {})
    books.learn('new', [], METRICS)
    expect(kept(books)).toEqual(['a0', 'a2', 'new'])
    // It was spared once.
    expect(first.used).toBe(false)
  })

  it('forgets the oldest when all were used', () => {
    const books = full(3)
    for (const application of books.service.applications.values()) books.admit(application, {})
    books.learn('new', [], METRICS)
    expect(kept(books)).toEqual(['a1', 'a2', 'new'])
  })

  it('marks a forgotten application as evicted, for callers that still refer to it', () => {
    const books = full(1)
    const first = books.service.applications.get('a0')!
    books.learn('new', [], METRICS)
    expect(first.evicted).toBe(true)
  })

  it('never forgets an application with usage that waits, is under way or is unsettled', () => {
    const books = full(3)
    const [waiting, sent, asked] = [...books.service.applications.values()]
    books.admit(sent!, { hits: 1 })
    send(books)
    books.admit(waiting!, { hits: 1 })
    asked!.questions = 1
    books.ledger.markBusy(asked!)
    expect(books.service.application('new')).toBeUndefined()
    expect([kept(books), books.events]).toEqual([['a0', 'a1', 'a2'], ['full']])
  })

  it('forgets applications whose usage is settled by now, even without another request', () => {
    const books = full(2)
    for (const application of books.service.applications.values()) books.admit(application, { hits: 1 })
    send(books)
    expect(books.service.application('new')).toBeUndefined()
    books.clock.skip(SETTLE_MS - 1)
    expect(books.service.application('new')).toBeUndefined()
    // The ledger looks for settled usage at most once a second.
    books.clock.skip(1)
    expect(books.service.application('new')).toBeUndefined()
    books.clock.skip(1000)
    expect(books.service.application('new')).toBeDefined()
  })

  it('looks at a bounded number of busy applications for each new one', () => {
    const books = full(300)
    for (const application of books.service.applications.values()) books.admit(application, { hits: 1 })
    let looks = 0
    for (const application of books.service.applications.values()) {
      Object.defineProperty(application, 'busy', { get: () => ++looks > 0 })
    }
    books.ledger.eviction.makeRoom()
    expect(looks).toBe(128)
  })

  it('goes on where it stopped looking', () => {
    const books = full(200)
    const all = [...books.service.applications.values()]
    for (const application of all.slice(0, 150)) books.admit(application, { hits: 1 })
    expect(books.ledger.eviction.makeRoom()).toBe(false)
    expect(books.ledger.eviction.makeRoom()).toBe(true)
  })

  it('keeps usage of an application without room apart until it is reported', () => {
    const books = openLedger({ maxApplications: 1 })
    books.admit(books.learn('a1', [], METRICS), { hits: 1 })
    const overflow = books.service.overflow('a2', books.clock.now())
    books.admit(overflow, { hits: 2 })
    expect([books.service.overflow('a2', books.clock.now()), kept(books)]).toEqual([overflow, ['a1']])
    expect(books.ledger.sums().hits).toMatchObject({ pending: 3 })
    send(books)
    books.clock.skip(SETTLE_MS)
    books.ledger.sweep()
    expect(books.service.overflow('a2', books.clock.now())).not.toBe(overflow)
    expect(books.ledger.sums().hits).toMatchObject({ admitted: 3, acknowledged: 3 })
  })
})
