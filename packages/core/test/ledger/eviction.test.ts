import { describe, expect, it } from 'vitest'
import { openLedger, SETTLE_MS, type TestLedger } from '../../../../test/support/test-ledger.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

const METRICS = { metrics: ['hits'] }
const kept = ({ service }: TestLedger) => [...service.applications.keys()]
const send = ({ service }: TestLedger) => {
  for (const batch of takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })) batch.acknowledge()
}

function full(max: number): TestLedger {
  const ledger = openLedger({ maxApplications: max })
  for (let index = 0; index < max; index++) ledger.learn(`a${index}`, [], METRICS)
  return ledger
}

describe('law 10: the ledger', () => {
  it('keeps as many applications as it may, then forgets one for each new one', () => {
    const ledger = full(3)
    ledger.learn('new', [], METRICS)
    expect(kept(ledger)).toEqual(['a1', 'a2', 'new'])
    expect([ledger.whole.eviction.size, ledger.events]).toEqual([3, ['evicted']])
  })

  it('forgets an application that was not used lately before one that was', () => {
    const ledger = openLedger({ maxApplications: 3 })
    // To make room for the last it looks at the others, after which none of them counts as used.
    for (const id of ['forgotten', 'a0', 'a1', 'a2']) ledger.learn(id, [], METRICS)
    const first = ledger.service.applications.get('a0')!
    ledger.admit(first, {})
    ledger.learn('new', [], METRICS)
    expect(kept(ledger)).toEqual(['a0', 'a2', 'new'])
    // It was spared once.
    expect(first.used).toBe(false)
  })

  it('forgets the oldest when all were used', () => {
    const ledger = full(3)
    for (const application of ledger.service.applications.values()) ledger.admit(application, {})
    ledger.learn('new', [], METRICS)
    expect(kept(ledger)).toEqual(['a1', 'a2', 'new'])
  })

  it('marks a forgotten application as evicted, for callers that still refer to it', () => {
    const ledger = full(1)
    const first = ledger.service.applications.get('a0')!
    ledger.learn('new', [], METRICS)
    expect(first.evicted).toBe(true)
  })

  it('never forgets an application with usage that waits, is under way or is unsettled', () => {
    const ledger = full(3)
    const [waiting, sent, asked] = [...ledger.service.applications.values()]
    ledger.admit(sent!, { hits: 1 })
    send(ledger)
    ledger.admit(waiting!, { hits: 1 })
    asked!.questions = 1
    ledger.whole.markBusy(asked!)
    expect(ledger.service.application('new')).toBeUndefined()
    expect([kept(ledger), ledger.events]).toEqual([['a0', 'a1', 'a2'], ['full']])
  })

  it('forgets applications whose usage is settled by now, even without another request', () => {
    const ledger = full(2)
    for (const application of ledger.service.applications.values()) ledger.admit(application, { hits: 1 })
    send(ledger)
    expect(ledger.service.application('new')).toBeUndefined()
    ledger.clock.skip(SETTLE_MS - 1)
    expect(ledger.service.application('new')).toBeUndefined()
    ledger.clock.skip(1)
    expect(ledger.service.application('new')).toBeDefined()
  })

  it('looks at a bounded number of busy applications for each new one', () => {
    const ledger = full(300)
    for (const application of ledger.service.applications.values()) ledger.admit(application, { hits: 1 })
    let looks = 0
    for (const application of ledger.service.applications.values()) {
      application.holdsCount = () => ++looks > 0
    }
    ledger.whole.eviction.makeRoom()
    expect(looks).toBe(128)
  })

  it('goes on where it stopped looking', () => {
    const ledger = full(200)
    const all = [...ledger.service.applications.values()]
    for (const application of all.slice(0, 150)) ledger.admit(application, { hits: 1 })
    expect(ledger.whole.eviction.makeRoom()).toBe(false)
    expect(ledger.whole.eviction.makeRoom()).toBe(true)
  })

  it('keeps usage of an application without room apart until it is reported', () => {
    const ledger = openLedger({ maxApplications: 1 })
    ledger.admit(ledger.learn('a1', [], METRICS), { hits: 1 })
    const overflow = ledger.service.overflow('a2', ledger.clock.elapsed())
    ledger.admit(overflow, { hits: 2 })
    expect([ledger.service.overflow('a2', ledger.clock.elapsed()), kept(ledger)]).toEqual([overflow, ['a1']])
    expect(ledger.whole.sums().hits).toMatchObject({ pending: 3 })
    send(ledger)
    ledger.clock.skip(SETTLE_MS)
    ledger.whole.forgetSettled(overflow)
    // An answer about the application could still show that its batch was dropped.
    expect(ledger.service.overflow('a2', 0)).toBe(overflow)
    for (const batch of ledger.whole.batches.acknowledged()) batch.release()
    ledger.whole.forgetSettled(overflow)
    expect(ledger.service.overflow('a2', 0)).not.toBe(overflow)
    expect(ledger.whole.sums().hits).toMatchObject({ admitted: 3, acknowledged: 3 })
  })
})
