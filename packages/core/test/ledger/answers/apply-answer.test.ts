import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLedger, SETTLE_MS, type TestLedger, usageOf } from '../../../../../test/support/test-ledger.ts'
import { INFLATED } from '../../../src/ledger/plan/limit-cells.ts'
import { limitCounts } from '../../../src/ledger/plan/read-limits.ts'
import type { Batch } from '../../../src/ledger/usage/batch.ts'
import { takeBatches } from '../../../src/ledger/usage/take-batches.ts'

const take = ({ service }: TestLedger): Batch => takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })[0]!

describe('an answer', () => {
  it('law 7: does not take away usage that still waits', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10, 2]])
    ledger.admit(application, { hits: 3 })
    ledger.learn('a1', [['hits', 'day', 10, 2]])
    expect(ledger.known(application)).toEqual([5])
  })

  it.each([
    ['lacks it', 2, 5],
    ['contains it', 5, 5],
    ['contains it and usage of others', 6, 6],
  ])('law 7: counts usage under way once when it %s', (_what, current, known) => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10, 2]])
    ledger.admit(application, { hits: 3 })
    take(ledger)
    ledger.learn('a1', [['hits', 'day', 10, current]])
    expect(ledger.known(application)).toEqual([known])
  })

  it('law 7: may lack usage that was acknowledged within settleMs before the question', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10, 2]])
    ledger.admit(application, { hits: 3 })
    take(ledger).acknowledge()
    ledger.clock.skip(SETTLE_MS - 1)
    ledger.learn('a1', [['hits', 'day', 10, 2]])
    expect(ledger.known(application)).toEqual([5])
    expect(ledger.losses).toEqual([])
  })

  it('that lacks usage acknowledged longer ago is believed, and the loss is announced', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10, 2]])
    ledger.admit(application, { hits: 3 })
    take(ledger).acknowledge()
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', [['hits', 'day', 10, 2]])
    expect(ledger.known(application)).toEqual([2])
    expect(ledger.losses).toMatchObject([{ kind: 'suspected', reason: 'missing', usage: { hits: 3 } }])
  })

  it('to an older question only raises the count, and does not bring an old limit back', () => {
    const ledger = openLedger()
    const older = ledger.whole.stampQuestion()
    const application = ledger.learn('a1', [['hits', 'day', 10, 4]])
    ledger.learn('a1', [['hits', 'day', 99, 2]], { question: older })
    expect(limitCounts(application, ledger.clock.now())).toMatchObject([{ max: 10, current: 4 }])
    ledger.learn('a1', [['hits', 'day', 99, 7]], { question: older })
    expect(limitCounts(application, ledger.clock.now())).toMatchObject([{ max: 10, current: 7 }])
  })

  it('about a window that is over says nothing about the present one', () => {
    const ledger = openLedger({ now: '2026-03-10T10:20:59Z' })
    const application = ledger.learn('a1', [['hits', 'minute', 10, 9]])
    ledger.clock.skip(1000)
    ledger.admit(application, { hits: 1 })
    ledger.learn('a1', [['hits', 'minute', 10, 9]], { at: ledger.clock.now() - 1000 })
    expect(ledger.known(application)).toEqual([1])
  })

  it('about a window that our clock has not reached begins it', () => {
    const ledger = openLedger({ now: '2026-03-10T10:20:59Z' })
    const application = ledger.learn('a1', [['hits', 'minute', 10, 9]])
    ledger.learn('a1', [['hits', 'minute', 10, 4]], { at: ledger.clock.now() + 1000 })
    expect(limitCounts(application, ledger.service.at(ledger.clock.now()))).toMatchObject([
      { start: Date.parse('2026-03-10T10:21:00Z'), current: 4 },
    ])
  })

  it('that arrives after its window has ended leaves the present window with the usage admitted in it', () => {
    const ledger = openLedger({ now: '2026-03-10T10:20:59Z' })
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    const question = ledger.whole.stampQuestion()
    const at = ledger.clock.now()
    ledger.clock.skip(1000)
    ledger.admit(application, { hits: 2 })
    ledger.learn('a1', [['hits', 'minute', 10, 9]], { question, at })
    expect(ledger.known(application)).toEqual([2])
  })
})

describe('a new limit whose window has ended when the answer arrives', () => {
  function openLate() {
    const ledger = openLedger({ now: '2026-03-10T10:59:50Z' })
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 3 })
    take(ledger).acknowledge()
    const question = ledger.whole.stampQuestion()
    const at = ledger.clock.now()
    ledger.clock.skip(15_000)
    ledger.learn('a1', [['hits', 'hour', 10, 0]], { question, at })
    expect(ledger.known(application)).toEqual([0])
    ledger.admit(application, { hits: 2 })
    take(ledger).acknowledge()
    return { ...ledger, application }
  }

  it('begins in the present window, which a later answer does not begin anew', () => {
    const { application, clock, learn, known } = openLate()
    clock.skip(SETTLE_MS - 1)
    learn('a1', [['hits', 'hour', 10, 0]])
    expect(known(application)).toEqual([2])
  })

  it('is exact, because all usage of the present window is known, so that a loss is announced', () => {
    const { application, clock, learn, known, losses } = openLate()
    clock.skip(SETTLE_MS)
    learn('a1', [['hits', 'hour', 10, 0]])
    expect([known(application), losses]).toMatchObject([[0], [{ kind: 'suspected', usage: { hits: 2 } }]])
  })
})

describe('limits that change', () => {
  it('up or down leave the count', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10]])
    ledger.admit(application, { hits: 5 })
    ledger.learn('a1', [['hits', 'day', 5]])
    expect(ledger.admit(application, { hits: 1 })).toBe(false)
    ledger.learn('a1', [['hits', 'day', 6]])
    expect(ledger.admit(application, { hits: 1 })).toBe(true)
  })

  it('in their order or number keep the counts of those that stay', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [
      ['hits', 'day', 10, 5],
      ['hits', 'hour', 10, 1],
    ])
    ledger.admit(application, { hits: 2 })
    take(ledger)
    ledger.learn('a1', [
      ['hits', 'hour', 10, 1],
      ['hits', 'day', 10, 5],
      ['hits', 'minute', 10, 0],
    ])
    expect(ledger.known(application)).toEqual([3, 7, 2])
    ledger.learn('a1', [['hits', 'day', 10, 5]])
    expect(limitCounts(application, ledger.clock.now())).toMatchObject([{ metric: 'hits', period: 'day', current: 7 }])
    ledger.learn('a1', [])
    expect(ledger.known(application)).toEqual([])
  })

  it('begin, when new, with all usage under way as if it were missing, and conclude nothing from that', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 3 })
    take(ledger).acknowledge()
    // The backend has counted it already, but the answer cannot show that.
    ledger.learn('a1', [['hits', 'day', 10, 3]])
    expect([ledger.known(application), application.cells[INFLATED]]).toEqual([[6], 1])
    ledger.clock.skip(SETTLE_MS)
    ledger.learn('a1', [['hits', 'day', 10, 3]])
    expect([ledger.known(application), application.cells[INFLATED], ledger.losses]).toEqual([[3], 0, []])
  })

  it('are exact at once, when new, where no usage is under way', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10, 3]])
    expect(application.cells[INFLATED]).toBe(0)
  })
})

it('law 7: usage that was given up but may be counted stays in the count until its windows end', () => {
  const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
  const limits = (current: number) =>
    [
      ['hits', 'day', 10, current],
      ['hits', 'minute', 10, current],
    ] as const
  const application = ledger.learn('a1', limits(0))
  ledger.admit(application, { hits: 3 })
  const batch = take(ledger)
  batch.leaveUnanswered()
  batch.giveUp('ambiguous', true)
  ledger.learn('a1', limits(0))
  expect(ledger.known(application)).toEqual([3, 3])
  ledger.clock.skip(SETTLE_MS)
  ledger.learn('a1', limits(0))
  expect([ledger.known(application), ledger.losses.map(({ kind }) => kind)]).toEqual([[3, 0], ['given-up']])
  ledger.clock.skip(24 * 3_600_000)
  ledger.learn('a1', limits(0))
  expect([ledger.known(application), application.maybeCounted]).toEqual([[0, 0], undefined])
})

it('law 7: the count of one gateway is always exact while the backend counts within settleMs', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('admit' as const), hits: fc.nat(3) }),
    fc.record({ do: fc.constant('send' as const), lag: fc.nat(SETTLE_MS - 1) }),
    fc.record({ do: fc.constant('ask' as const) }),
    fc.record({ do: fc.constant('answer' as const), which: fc.nat(3) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const ledger = openLedger()
      const application = ledger.learn('a1', [['hits', 'day', 40]])
      let admitted = 0
      const jobs: { at: number; hits: number }[] = []
      const asked: { question: ReturnType<TestLedger['whole']['stampQuestion']>; current: number; at: number }[] = []
      const counted = () => jobs.reduce((sum, { at, hits }) => sum + (at <= ledger.clock.now() ? hits : 0), 0)
      for (const one of steps) {
        if (one.do === 'admit' && ledger.admit(application, { hits: one.hits })) admitted += one.hits
        if (one.do === 'send') {
          for (const batch of takeBatches(ledger.service, { provedWithinMs: 1e9, late: 're-stamp' })) {
            jobs.push({ at: ledger.clock.now() + one.lag, hits: usageOf(batch).hits ?? 0 })
            batch.acknowledge()
          }
        }
        if (one.do === 'ask') {
          asked.push({ question: ledger.whole.stampQuestion(), current: counted(), at: ledger.clock.now() })
        }
        if (one.do === 'answer') {
          const [answer] = asked.splice(one.which % Math.max(1, asked.length), 1)
          if (answer !== undefined) ledger.learn('a1', [['hits', 'day', 40, answer.current]], answer)
        }
        if (one.do === 'wait') ledger.clock.skip(one.ms)
        expect(ledger.known(application)).toEqual([admitted])
        expect(admitted).toBeLessThanOrEqual(40)
      }
      expect(ledger.losses).toEqual([])
    }),
  )
})
