import { describe, expect, it } from 'vitest'
import { openLedger, type TestLedger, verdictOf } from '../../../../test/support/test-ledger.ts'
import { createUsageShape } from '../../src/domain/usage.ts'
import { needsProof, takeBatches } from '../../src/ledger/usage/take-batches.ts'

const PROVED_WITHIN_MS = 20_000
const MINUTE = 60_000

/** A ledger with room for one application, which is busy, and usage of another. */
function openFull() {
  const ledger = openLedger({ maxApplications: 1 })
  ledger.admit(ledger.learn('a1', [], { metrics: ['hits'] }), { hits: 1 })
  const overflow = ledger.service.overflow('a2', ledger.clock.elapsed())
  ledger.admit(overflow, { hits: 2 })
  return { ...ledger, overflow }
}

const applicationsIn = ({ service }: TestLedger) =>
  takeBatches(service, { provedWithinMs: PROVED_WITHIN_MS, late: 're-stamp' }).map(({ rows }) =>
    rows.map(({ application }) => application.id),
  )

describe('an answer about an application that there is no room for', () => {
  it('proves the application, so that its usage shares a batch with that of others', () => {
    const ledger = openFull()
    const { service, clock, whole, overflow } = ledger
    clock.skip(PROVED_WITHIN_MS + 1)
    ledger.learn('a1', [], { metrics: ['hits'] })
    expect(needsProof(overflow, PROVED_WITHIN_MS)).toBe(true)
    service.applyToOverflow('a2', whole.stampQuestion(), verdictOf([], clock.now()), [])
    expect(needsProof(overflow, PROVED_WITHIN_MS)).toBe(false)
    expect(applicationsIn(ledger)).toEqual([['a1', 'a2']])
  })

  it('proves it as of the question, not of the answer', () => {
    const { service, clock, whole, overflow } = openFull()
    clock.skip(PROVED_WITHIN_MS)
    const question = whole.stampQuestion()
    clock.skip(PROVED_WITHIN_MS + 1)
    service.applyToOverflow('a2', question, verdictOf([], clock.now()), [])
    expect(needsProof(overflow, PROVED_WITHIN_MS)).toBe(true)
  })

  it('proves no other application', () => {
    const ledger = openFull()
    const { service, clock, whole } = ledger
    clock.skip(PROVED_WITHIN_MS + 1)
    ledger.learn('a1', [], { metrics: ['hits'] })
    service.applyToOverflow('a3', whole.stampQuestion(), verdictOf([], clock.now()), [])
    service.applyToOverflow(undefined, whole.stampQuestion(), verdictOf([], clock.now()), [])
    expect(applicationsIn(ledger)).toEqual([['a1'], ['a2']])
  })

  it('moves the time of the service to a window that has begun at the backend', () => {
    const { service, clock, whole } = openFull()
    const later = clock.now() + MINUTE
    service.applyToOverflow('a3', whole.stampQuestion(), verdictOf([['hits', 'minute', 10]], later), [])
    expect(service.at(clock.now())).toBe(Math.floor(later / MINUTE) * MINUTE)
  })
})

it('a metric that an answer puts below a limited one counts there from then on, although its usage was met before', () => {
  const ledger = openLedger()
  const limits = [['hits', 'day', 10]] as const
  const application = ledger.learn('a1', limits, { metrics: ['lookup'], hierarchy: { hits: [] } })
  const lookup = createUsageShape({ lookup: 1 })
  const count = () => {
    const now = ledger.clock.now()
    application.count(application.planLimits.footprintOf(lookup, now), now)
    return ledger.known(application)
  }
  expect(count()).toEqual([0])
  ledger.learn('a1', limits, { hierarchy: { hits: ['lookup'] } })
  const before = ledger.known(application)[0]!
  expect(count()).toEqual([before + 1])
})

it('an answer that shows nothing new keeps what is known of each usage, so that no request computes it again', () => {
  const ledger = openLedger()
  const answer = { metrics: ['lookup'], hierarchy: { hits: ['lookup'] } }
  const limits = [['hits', 'day', 10]] as const
  const application = ledger.learn('a1', limits, answer)
  const lookup = createUsageShape({ lookup: 1 })
  const footprint = application.planLimits.footprintOf(lookup, ledger.clock.now())
  ledger.clock.skip(1000)
  ledger.learn('a1', limits, answer)
  expect(application.planLimits.footprintOf(lookup, ledger.clock.now())).toBe(footprint)
})
