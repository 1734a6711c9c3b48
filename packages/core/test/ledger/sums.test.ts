import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { openLedger } from '../../../../test/support/test-ledger.ts'
import { createUsageShape } from '../../src/domain/usage.ts'
import { giveUp, giveUpMetric, giveUpWaiting } from '../../src/ledger/usage/losses.ts'
import { takeBatches } from '../../src/ledger/usage/take-batches.ts'

const OPERATIONS = [
  'admit',
  'own-transaction',
  'respond',
  'reserve',
  'take',
  'acknowledge',
  'leave-unanswered',
  'take-back',
  'resend',
  'halve',
  'give-up',
  'give-up-counted',
  'undo',
  'forget-metric',
  'forget-all',
  'unverified',
  'sweep',
] as const

describe('law 8: admitted is acknowledged, in flight, ambiguous, pending and given up', () => {
  it('after every event in the life of usage', () => {
    const usage = fc.record({ hits: fc.nat(4), orders: fc.nat(4) })
    const step = fc.tuple(fc.constantFrom(...OPERATIONS), usage, fc.nat(5), fc.nat(90_000))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ledger = openLedger()
        const { whole, service, clock } = ledger
        const applications = ['a1', 'a2'].map((id) =>
          ledger.learn(id, [['hits', 'eternity', 1e9]], { metrics: ['orders'], hierarchy: { hits: [] } }),
        )
        const batches = new Set<ReturnType<typeof takeBatches>[0]>()
        let unverified = service.unverified()
        for (const [what, used, which, wait] of steps) {
          const application = applications[which % 2]!
          const now = clock.now()
          const footprint = application.planLimits.footprintOf(createUsageShape(used), now)
          const batch = [...batches][which % Math.max(1, batches.size)]
          const open = batch?.state === 'inFlight' || batch?.state === 'ambiguous' ? batch : undefined
          if (what === 'admit') ledger.admit(application, used)
          if (what === 'own-transaction') application.countAsOwnTransaction(footprint, now)
          if (what === 'respond' && application.ownTransactions !== undefined) {
            application.release(application.ownTransactions, 200)
          }
          if (what === 'reserve') {
            const row = application.reserve(footprint, now)
            if (row !== undefined) giveUp(application, [row], 'ambiguous', true)
          }
          if (what === 'take') {
            for (const one of takeBatches(service, { provedWithinMs: 20_000, late: 'late' })) batches.add(one)
          }
          if (what === 'acknowledge') open?.acknowledge()
          if (what === 'leave-unanswered' && open?.state === 'inFlight') open.leaveUnanswered()
          if (what === 'take-back' || what === 'resend') open?.takeBack(what === 'resend')
          if (what === 'halve' && open?.state === 'inFlight') for (const half of open.halve()) batches.add(half)
          if (what === 'give-up' || what === 'give-up-counted') open?.giveUp('refused', what !== 'give-up')
          if (what === 'undo') open?.undo()
          if (what === 'forget-metric') giveUpMetric(application, 'metric_gone', 'hits')
          if (what === 'forget-all') giveUpWaiting(application, 'application_gone')
          if (what === 'unverified') {
            ledger.admit(unverified, used)
            if (which > 2) {
              service.adopt(unverified, application)
              unverified = service.unverified()
            }
          }
          if (what === 'sweep') for (const one of whole.busy) whole.forgetSettled(one)
          clock.skip(wait)
          expect(imbalance(whole)).toEqual({})
          // Nothing was denied and no window ended, so the count is all admitted usage that may be counted.
          const { admitted = 0, givenUp = 0 } = whole.sums().hits ?? {}
          const known = applications.reduce((sum, one) => sum + ledger.known(one)[0]!, 0)
          expect(known).toBeGreaterThanOrEqual(admitted - givenUp - (unverified.pending === undefined ? 0 : admitted))
          expect(known).toBeLessThanOrEqual(admitted)
          const { pending: hits = 0 } = whole.sums().hits ?? {}
          const { pending: orders = 0 } = whole.sums().orders ?? {}
          expect(whole.records > 0).toBe(hits + orders > 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('and usage that is given up leaves the count unless the backend may have counted it', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [['hits', 'day', 10]])
    const take = () => takeBatches(ledger.service, { provedWithinMs: 1e9, late: 'late' })[0]!
    ledger.admit(application, { hits: 2 })
    take().giveUp('refused', false)
    expect(ledger.known(application)).toEqual([0])
    ledger.admit(application, { hits: 3 })
    take().giveUp('ambiguous', true)
    expect(ledger.known(application)).toEqual([3])
    expect(ledger.losses).toMatchObject([
      { kind: 'given-up', reason: 'refused', applicationId: 'a1', usage: { hits: 2 } },
      { kind: 'given-up', reason: 'ambiguous', applicationId: 'a1', usage: { hits: 3 } },
    ])
  })

  it('and a deleted metric takes only its own usage with it', () => {
    const ledger = openLedger()
    const application = ledger.learn('a1', [], { metrics: ['hits', 'orders'] })
    ledger.admit(application, { hits: 2, orders: 3 })
    ledger.clock.skip(60_000)
    ledger.admit(application, { hits: 4 })
    giveUpMetric(application, 'metric_gone', 'hits')
    expect(ledger.losses).toMatchObject([{ reason: 'metric_gone', usage: { hits: 6 } }])
    expect(ledger.whole.sums()).toMatchObject({ hits: { pending: 0, givenUp: 6 }, orders: { pending: 3 } })
    expect(ledger.whole.records).toBe(1)
  })
})
