import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLedger } from '../../../../test/support/test-ledger.ts'
import { type Period, windowOf } from '../../src/domain/period.ts'
import { createUsageShape } from '../../src/domain/usage.ts'
import { limitCounts, violationOf } from '../../src/ledger/plan/read-limits.ts'
import { namedUsage } from '../../src/ledger/usage/usage-row.ts'

describe('an application', () => {
  it('law 7: counts all limits of a usage or none', () => {
    const ledger = openLedger()
    const application = ledger.learn(
      'a1',
      [
        ['hits', 'day', 100],
        ['searches', 'minute', 3],
      ],
      { hierarchy: { hits: ['searches'], searches: [] } },
    )
    expect(ledger.admit(application, { searches: 2 })).toBe(true)
    expect(ledger.admit(application, { searches: 2 })).toBe(false)
    expect(ledger.known(application)).toEqual([2, 2])
    expect(ledger.admit(application, { searches: 1 })).toBe(true)
    expect(ledger.known(application)).toEqual([3, 3])
  })

  it('law 7: an amount of 0 is denied by a limit that is exceeded, not by one that is full', () => {
    const ledger = openLedger()
    const full = ledger.learn('full', [['hits', 'day', 5, 5]])
    const passed = ledger.learn('passed', [['hits', 'day', 5, 6]])
    expect(ledger.admit(full, { hits: 0 })).toBe(true)
    expect(ledger.admit(passed, { hits: 0 })).toBe(false)
  })

  it.each<[Period, string, string]>([
    ['minute', '2026-03-10T10:20:59.999Z', '2026-03-10T10:21:00Z'],
    ['hour', '2026-03-10T10:59:59.999Z', '2026-03-10T11:00:00Z'],
    ['day', '2026-03-10T23:59:59.999Z', '2026-03-11T00:00:00Z'],
    ['week', '2026-03-15T23:59:59.999Z', '2026-03-16T00:00:00Z'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00Z'],
    ['year', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
  ])('law 7: begins a new %s at its end and not before', (period, last, next) => {
    const ledger = openLedger({ now: last })
    const application = ledger.learn('a1', [['hits', period, 1]])
    expect(ledger.admit(application, { hits: 1 })).toBe(true)
    expect(ledger.admit(application, { hits: 1 })).toBe(false)
    ledger.clock.skip(Date.parse(next) - Date.parse(last))
    expect(ledger.admit(application, { hits: 1 })).toBe(true)
    const [count] = limitCounts(application, ledger.clock.now())
    expect(count).toMatchObject(windowOf(period, Date.parse(next)))
  })

  it('an eternity never ends', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'eternity', 1]])
    ledger.admit(application, { hits: 1 })
    ledger.clock.skip(50 * 366 * 86_400_000)
    expect(ledger.admit(application, { hits: 1 })).toBe(false)
    expect(limitCounts(application, ledger.clock.now())).toMatchObject([
      { start: undefined, end: undefined, current: 1 },
    ])
  })

  it('law 8: keeps waiting usage by the minute of its admission', () => {
    const ledger = openLedger({ now: '2026-03-10T10:20:59Z' })
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 1 })
    ledger.admit(application, { hits: 2 })
    ledger.clock.skip(1000)
    ledger.admit(application, { hits: 4 })
    const { pending } = application
    expect([pending!.minute, namedUsage([pending!], ledger.service.metrics)]).toEqual([
      Date.parse('2026-03-10T10:21:00Z'),
      { hits: 4 },
    ])
    const before = pending!.next!
    expect([before.minute, namedUsage([before], ledger.service.metrics)]).toEqual([
      Date.parse('2026-03-10T10:20:00Z'),
      { hits: 3 },
    ])
    expect(ledger.whole.records).toBe(2)
  })

  it('law 9: never adds up usage beyond what the backend can hold', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: Number.MAX_SAFE_INTEGER })
    ledger.admit(application, { hits: 1 })
    const { pending } = application
    expect([
      namedUsage([pending!], ledger.service.metrics),
      namedUsage([pending!.next!], ledger.service.metrics),
    ]).toEqual([{ hits: 1 }, { hits: Number.MAX_SAFE_INTEGER }])
  })

  it('law 7: usage that is taken away leaves each limit that it fell under, and comes back to each', () => {
    const ledger = openLedger()
    const limits = [
      ['orders', 'day', 10, 1],
      ['hits', 'minute', 10, 2],
      ['hits', 'day', 10, 4],
    ] as const
    const application = ledger.learn('a1', limits)
    const now = ledger.clock.now()
    const row = application.reserve(application.planLimits.footprintOf(createUsageShape({ hits: 3 }), now), now)!
    expect(ledger.known(application)).toEqual([1, 5, 7])
    application.shift(row, -1)
    expect(ledger.known(application)).toEqual([1, 2, 4])
    application.shift(row, 1)
    expect(ledger.known(application)).toEqual([1, 5, 7])
  })

  it('does not add fresh usage to usage that may be counted twice', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits'] })
    ledger.admit(application, { hits: 1 })
    ledger.resend()
    ledger.admit(application, { hits: 2 })
    expect([application.pending!.resent, namedUsage([application.pending!], ledger.service.metrics)]).toEqual([
      false,
      { hits: 2 },
    ])
  })

  describe('says of a denial', () => {
    const violation = (limits: Parameters<ReturnType<typeof openLedger>['learn']>[1], hits: number) => {
      const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
      const application = ledger.learn('a1', limits)
      const now = ledger.clock.now()
      return violationOf(application, application.planLimits.footprintOf(createUsageShape({ hits }), now), now)
    }

    it('the latest end among the violated windows', () => {
      const retryAt = Date.parse('2026-03-10T11:00:00Z')
      const limits = [
        ['hits', 'day', 100, 5],
        ['hits', 'hour', 5, 5],
        ['hits', 'minute', 5, 5],
      ] as const
      expect(violation(limits, 1)).toEqual({ retryAt, disabled: false })
    })

    it('that waiting does not help against eternity or for more than the limit', () => {
      expect(violation([['hits', 'eternity', 5, 5]], 1)).toEqual({ retryAt: undefined, disabled: false })
      expect(violation([['hits', 'minute', 5, 0]], 6)).toEqual({ retryAt: undefined, disabled: false })
    })

    it('that a limit of 0 disables', () => {
      expect(violation([['hits', 'minute', 0, 0]], 1)).toMatchObject({ disabled: true })
    })
  })

  it('law 7: never admits more than any limit, with any usage in any order', () => {
    const amounts = fc.record({ hits: fc.nat(4), searches: fc.nat(4), orders: fc.nat(4) })
    const steps = fc.array(fc.tuple(amounts, fc.nat(70_000)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, fc.nat(30), fc.nat(30), (usages, day, minute) => {
        const ledger = openLedger()
        const application = ledger.learn(
          'a1',
          [
            ['hits', 'day', day],
            ['searches', 'minute', minute],
          ],
          { hierarchy: { hits: ['searches'], searches: [] }, metrics: ['orders'] },
        )
        const admitted = { day: 0, minutes: new Map<number, number>() }
        for (const [usage, wait] of usages) {
          const at = windowOf('minute', ledger.clock.now()).start
          const below = admitted.minutes.get(at) ?? 0
          const fits = admitted.day + usage.hits + usage.searches <= day && below + usage.searches <= minute
          expect(ledger.admit(application, usage)).toBe(fits)
          if (fits) {
            admitted.day += usage.hits + usage.searches
            admitted.minutes.set(at, below + usage.searches)
          }
          ledger.clock.skip(wait)
        }
      }),
    )
  })
})
