import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../../test/support/imbalance.ts'
import { openLedger, type TestLedger, usageOf } from '../../../../../test/support/test-ledger.ts'
import { MAX_PARAMETERS, MAX_TRANSACTIONS } from '../../../src/client/encode/report-batches.ts'
import type { ApplicationLedger } from '../../../src/ledger/application-ledger.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { giveUpWaiting } from '../../../src/ledger/usage/losses.ts'
import {
  eachBatch,
  metricsToProve,
  needsProof,
  type TakeOptions,
  takeBatches,
} from '../../../src/ledger/usage/take-batches.ts'
import { namedUsage } from '../../../src/ledger/usage/usage-row.ts'

const HOUR = 3_600_000
const take = ({ service }: TestLedger, options: Partial<TakeOptions> = {}): Batch[] =>
  takeBatches(service, { provedWithinMs: 20_000, late: 're-stamp', ...options })
const sizes = (batches: readonly Batch[]) => batches.map(({ rows }) => rows.length)
const ids = (batches: readonly Batch[]) => batches.map(({ rows }) => rows.map(({ application }) => application.id))

function using(applications: number, usage: Record<string, number>): TestLedger {
  const ledger = openLedger({ maxApplications: applications + 1 })
  for (let index = 0; index < applications; index++) {
    ledger.admit(ledger.learn(`a${index}`, [], { metrics: Object.keys(usage) }), usage)
  }
  return ledger
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

  it('has nothing that began to wait while an earlier one was sent, nor what was given up meanwhile', () => {
    const ledger = using(2001, { hits: 1 })
    const application = (id: string) => ledger.learn(id, [], { metrics: ['hits'] })
    const batches = eachBatch(ledger.service, { provedWithinMs: 20_000, late: 're-stamp' })
    const taken = [batches.next().value!]
    giveUpWaiting(application('a2000'), 'closed')
    ledger.admit(application('a0'), { hits: 1 })
    ledger.admit(application('later'), { hits: 1 })
    for (const batch of batches) {
      expect(imbalance(ledger.whole)).toEqual({})
      taken.push(batch)
    }
    expect(sizes(taken)).toEqual([1000, 1000])
    expect(ledger.whole.sums().hits).toMatchObject({ inFlight: 2000, pending: 2, givenUp: 1 })
  })

  it('has one transaction only where two would have too many parameters', () => {
    const usage = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`metric-${index}`, 1]))
    expect(sizes(take(using(2, usage)))).toEqual([1, 1])
  })

  it('counts the response code among the parameters', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['a', 'b'] })
    for (let call = 0; call < 801; call++) ledger.countAsOwn(application, { a: 1, b: 1 }, 200)
    expect(sizes(take(ledger))).toEqual([800, 1])
  })

  it('is in flight from the moment it is taken', () => {
    const ledger = using(1, { hits: 3 })
    const [batch] = take(ledger)
    expect(batch!.state).toBe('inFlight')
    expect(ledger.whole.sums().hits).toMatchObject({ inFlight: 3, pending: 0 })
    expect(ledger.whole.records).toBe(0)
    expect(take(ledger)).toEqual([])
  })
})

describe('a batch of its own holds', () => {
  it('law 9: an application that no answer has proved lately', () => {
    const ledger = openLedger()
    const applications = ['a1', 'a2', 'a3'].map((id) => ledger.learn(id, [], { metrics: ['hits'] }))
    ledger.clock.skip(20_001)
    ledger.learn('a2', [], { metrics: ['hits'] })
    for (const application of applications) ledger.admit(application, { hits: 1 })
    expect(applications.map((application) => needsProof(application, 20_000))).toEqual([true, false, true])
    expect(ids(take(ledger))).toEqual([['a2'], ['a1'], ['a3']])
  })

  it('law 9: each metric that no answer has proved lately, of an application that is proved', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['old', 'older', 'hits'] })
    ledger.clock.skip(20_001)
    ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 1, old: 2, older: 3 })
    expect(needsProof(application, 20_000)).toBe(true)
    expect(metricsToProve(application).sort()).toEqual(['hits', 'old', 'older'])
    ledger.resend()
    const batches = take(ledger)
    expect(batches.map((batch) => usageOf(batch))).toEqual([{ hits: 1 }, { old: 2 }, { older: 3 }])
    expect(batches.every(({ rows }) => rows[0]!.row.resent)).toBe(true)
    expect(imbalance(ledger.whole)).toEqual({})
  })
})

describe('what is not taken is', () => {
  it('usage of an unverified caller', () => {
    const ledger = openLedger()
    const unverified = ledger.service.unverified()
    ledger.admit(unverified, { hits: 1 })
    expect([take(ledger), namedUsage([unverified.pending!], ledger.service.metrics)]).toEqual([[], { hits: 1 }])
  })

  it('a transaction that waits for its response', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    const row = ledger.countAsOwn(application, { hits: 1 })!
    expect(take(ledger)).toEqual([])
    application.release(row, 200)
    expect(sizes(take(ledger))).toEqual([1])
  })

  it('usage of other applications and services, where only one is wanted', () => {
    const ledger = using(2, { hits: 1 })
    const only = new Set([ledger.service.applications.get('a1')!])
    expect(ids(take(ledger, { only }))).toEqual([['a1']])
    expect(
      takeBatches(ledger.whole.service('s2'), {
        provedWithinMs: 20_000,
        late: 're-stamp',
      }),
    ).toEqual([])
    expect(ids(take(ledger))).toEqual([['a0']])
  })
})

describe('stamps', () => {
  const admitAt = (ageMs: number, late: TakeOptions['late']) => {
    const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
    const application = ledger.learn('a1', [['hits', 'day', 10]])
    ledger.admit(application, { hits: 1 })
    ledger.clock.skip(ageMs)
    const batches = take(ledger, { late, provedWithinMs: 1e9 })
    return { ledger, application, stamps: batches.flatMap(({ rows }) => rows.map(({ row }) => new Date(row.minute))) }
  }

  it('law 9: of usage up to 23 hours old are kept', () => {
    const { stamps } = admitAt(23 * HOUR - 30_000, 'late')
    expect(stamps).toEqual([new Date('2026-03-10T10:20:00Z')])
  })

  it('law 9: of older usage become the present, and the usage counts in its windows', () => {
    const { stamps, ledger, application } = admitAt(23 * HOUR - 29_000, 're-stamp')
    expect(stamps).toEqual([new Date('2026-03-11T09:20:00Z')])
    expect([ledger.known(application), ledger.losses]).toEqual([[1], []])
  })

  it('law 8: of older usage are not sent where the options say so, and the loss is announced', () => {
    const { stamps, ledger } = admitAt(23 * HOUR - 29_000, 'late')
    expect(stamps).toEqual([])
    expect(ledger.losses).toMatchObject([{ kind: 'given-up', reason: 'late', usage: { hits: 1 } }])
    expect([imbalance(ledger.whole), ledger.whole.records]).toEqual([{}, 0])
  })

  it('law 9: more than 55 minutes ahead become the present', () => {
    const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
    const application = ledger.learn('a1', [['hits', 'day', 10]])
    ledger.admit(application, { hits: 1 })
    application.pending!.stamp(Date.parse('2026-03-10T11:16:00Z'))
    const [batch] = take(ledger)
    expect(new Date(batch!.rows[0]!.row.minute)).toEqual(new Date('2026-03-10T10:20:00Z'))
    expect(ledger.known(application)).toEqual([1])
  })

  it('that are renewed do not send a transaction before its response', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.countAsOwn(application, { hits: 1 })
    ledger.clock.skip(24 * HOUR)
    expect([take(ledger), namedUsage([application.ownTransactions!], ledger.service.metrics)]).toEqual([
      [],
      { hits: 1 },
    ])
  })
})

it('law 8: batches hold exactly what waited, within what the backend takes', () => {
  const usage = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 })
  const requests = fc.array(fc.record({ application: fc.nat(40), usage, wait: fc.nat(90_000) }), { maxLength: 120 })
  fc.assert(
    fc.property(requests, (all) => {
      const ledger = openLedger({ maxApplications: 50 })
      const waited = new Map<ApplicationLedger, number>()
      for (const { application, usage: used, wait } of all) {
        const known = ledger.learn(`a${application}`, [], { metrics: application % 2 === 0 ? Object.keys(used) : [] })
        ledger.admit(known, used)
        waited.set(known, (waited.get(known) ?? 0) + Object.values(used).reduce((sum, one) => sum + one, 0))
        ledger.clock.skip(wait)
      }
      const batches = take(ledger)
      for (const { rows } of batches) {
        for (const { application, row } of rows) {
          const used = Object.values(namedUsage([row], ledger.service.metrics)).reduce((sum, one) => sum + one, 0)
          waited.set(application, waited.get(application)! - used)
        }
        const parameters = rows.reduce((sum, { row }) => sum + 2 + row.records, 0)
        expect(parameters).toBeLessThanOrEqual(MAX_PARAMETERS)
        expect(rows.length).toBeLessThanOrEqual(MAX_TRANSACTIONS)
      }
      expect([...waited.values()].every((left) => left === 0)).toBe(true)
      expect([imbalance(ledger.whole), ledger.whole.records]).toEqual([{}, 0])
    }),
  )
})
