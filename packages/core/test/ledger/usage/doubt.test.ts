import { describe, expect, it, vi } from 'vitest'
import { imbalance } from '../../../../../test/support/imbalance.ts'
import { openLedger, SETTLE_MS, type TestLedger, usageOf } from '../../../../../test/support/test-ledger.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { doubtApplication } from '../../../src/ledger/usage/doubt.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'

const take = ({ service }: TestLedger): Batch => takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!

/** A batch of three applications; `both` also used orders. */
function sent(state: 'acknowledged' | 'ambiguous' | 'inFlight' = 'acknowledged') {
  const ledger = openLedger()
  const [a, b, both] = ['a', 'b', 'both'].map((id) => ledger.learn(id, [['hits', 'day', 100]], { metrics: ['orders'] }))
  ledger.admit(a!, { hits: 1 })
  ledger.admit(b!, { hits: 2 })
  ledger.admit(both!, { hits: 4, orders: 8 })
  const batch = take(ledger)
  if (state === 'acknowledged') batch.acknowledge()
  if (state === 'ambiguous') batch.leaveUnanswered()
  return { ...ledger, ledger, batch, a: a!, b: b!, both: both! }
}

const given = ({ losses }: TestLedger) =>
  losses.map(({ reason, applicationId, usage }) => [reason, applicationId, { ...usage }])

describe('a deleted application', () => {
  it.each(['acknowledged', 'ambiguous'] as const)(
    'law 8: puts an %s batch in doubt and loses its own usage',
    (state) => {
      const { batch, a, whole, ledger } = sent(state)
      const { since } = batch
      doubtApplication(a)
      expect([batch.state, batch.since, usageOf(batch)]).toEqual(['ambiguous', since, { hits: 6, orders: 8 }])
      expect(given(ledger)).toEqual([['application_gone', 'a', { hits: 1 }]])
      expect(whole.sums().hits).toMatchObject({ acknowledged: 0, ambiguous: 6, givenUp: 1 })
      expect([a.sent, [...whole.batches.unanswered()], imbalance(whole)]).toEqual([undefined, [batch], {}])
    },
  )

  it('law 8: waits for the outcome of a batch that is under way', () => {
    const { batch, a, whole } = sent('inFlight')
    doubtApplication(a)
    expect(whole.sums().hits).toMatchObject({ inFlight: 7, givenUp: 0 })
    for (const half of batch.halve()) half.acknowledge()
    // The half without the application is good.
    expect(whole.sums().hits).toMatchObject({ acknowledged: 4, ambiguous: 2, givenUp: 1 })
    expect(imbalance(whole)).toEqual({})
  })

  it('ends a batch that carried nothing else', () => {
    const ledger = openLedger()
    const a = ledger.learn('a', [], { metrics: ['hits'] })
    ledger.admit(a, { hits: 1 })
    const batch = take(ledger)
    batch.acknowledge()
    doubtApplication(a)
    expect([batch.state, ledger.whole.busy.size, imbalance(ledger.whole)]).toEqual(['over', 0, {}])
  })

  it('leaves batches of another service alone, also of an application with the same id', () => {
    const { batch, a, whole } = sent()
    const other = whole.service('s2')
    const same = other.application('a')!
    expect(a.service).not.toBe(other)
    doubtApplication(same)
    other.disprove('orders')
    expect(batch.state).toBe('acknowledged')
  })
})

it('law 8: a deleted metric puts a batch in doubt and loses its own usage, which limits keep counting', () => {
  const { batch, service, whole, ledger, both, known } = sent()
  service.disprove('orders')
  expect([batch.state, usageOf(batch)]).toEqual(['ambiguous', { hits: 7 }])
  expect(given(ledger)).toEqual([['metric_gone', 'both', { orders: 8 }]])
  expect(whole.sums()).toMatchObject({ hits: { ambiguous: 7 }, orders: { acknowledged: 0, givenUp: 8 } })
  expect([imbalance(whole), both.maybeCounted?.length, known(both)]).toEqual([{}, 1, [4]])
})

describe('an acknowledged batch is proved', () => {
  const HITS = [['hits', 'day', 100, 7]] as const

  it('by answers about everything in it, to questions from after it is settled', () => {
    const { batch, clock, learn, whole } = sent()
    for (const id of ['a', 'b', 'both']) learn(id, HITS, { metrics: ['orders'] })
    expect(batch.awaitsProof).toBe(true)
    clock.skip(SETTLE_MS)
    for (const id of ['a', 'b']) learn(id, HITS)
    expect([batch.awaitsProof, [...batch.unconfirmed()].map(({ id }) => id)]).toEqual([true, ['both']])
    learn('both', HITS)
    // Its application is there, but nobody knows of the metric.
    expect([batch.awaitsProof, [...batch.unconfirmed()].map(({ id }) => id)]).toEqual([true, ['both']])
    learn('a', HITS, { metrics: ['orders'] })
    batch.checkProof()
    expect([batch.awaitsProof, [...whole.batches.acknowledged()]]).toEqual([false, []])
  })

  it('and a deletion after that does not matter any more', () => {
    const { batch, clock, learn, a, losses } = sent()
    clock.skip(SETTLE_MS)
    for (const id of ['a', 'b', 'both']) learn(id, HITS, { metrics: ['orders'] })
    doubtApplication(a)
    expect([batch.state, losses]).toEqual(['acknowledged', []])
  })
})

it('law 10: a bounded number of rows waits for proof, and the oldest wait no longer', () => {
  const ledger = openLedger({ maxApplications: 1000 })
  const applications = Array.from({ length: 1000 }, (_, index) => ledger.learn(`a${index}`, [], { metrics: ['hits'] }))
  const batches = Array.from({ length: 102 }, () => {
    for (const application of applications) ledger.admit(application, { hits: 1 })
    const batch = take(ledger)
    batch.acknowledge()
    return batch
  })
  expect(batches.map(({ awaitsProof }) => awaitsProof)).toEqual(batches.map((_, index) => index >= 2))
})

it('law 10: transactions of the same application and minute are one row once they are acknowledged', () => {
  const ledger = openLedger()
  const application = ledger.learn('a', [['hits', 'day', 1000]])
  for (let call = 0; call < 300; call++) ledger.countAsOwn(application, { hits: 1 }, 200 + (call % 3))
  ledger.clock.skip(60_000)
  ledger.countAsOwn(application, { hits: 1 }, 200)
  const batch = take(ledger)
  expect(batch.rows).toHaveLength(301)
  batch.acknowledge()
  expect([batch.rows.length, application.sent!.length, usageOf(batch)]).toEqual([2, 2, { hits: 301 }])
  expect([ledger.known(application), imbalance(ledger.whole)]).toEqual([[301], {}])
})

it('law 17: a metric that many batches carry is taken out of them in several turns of the event loop', async () => {
  const ledger = openLedger()
  const application = ledger.learn('a', [], { metrics: ['hits', 'orders'] })
  for (let batch = 0; batch < 5; batch++) {
    ledger.admit(application, { hits: 1, orders: 1 })
    take(ledger).acknowledge()
  }
  let now = 0
  const timer = vi.spyOn(performance, 'now').mockImplementation(() => (now += 5))
  const seen: number[] = []
  const look = () => {
    const { givenUp } = ledger.whole.sums().orders!
    seen.push(givenUp)
    expect(imbalance(ledger.whole)).toEqual({})
    if (givenUp < 5) setImmediate(look)
  }
  ledger.service.disprove('orders')
  look()
  await vi.waitFor(() => expect(seen).toEqual([1, 2, 3, 4, 5]), { interval: 1 })
  timer.mockRestore()
})
