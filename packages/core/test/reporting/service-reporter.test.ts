import { describe, expect, it, vi } from 'vitest'
import { imbalance } from '../../../../test/support/imbalance.ts'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import type { Line } from '../../../../test/support/scripted-client.ts'
import { ACCEPTED, openReporting, refusal } from '../../../../test/support/test-reporting.ts'
import { Backend } from '../../src/backend/backend.ts'
import { type Breaker, createBreaker } from '../../src/backend/breaker.ts'
import { createBulkhead } from '../../src/backend/bulkhead.ts'
import { DEFAULTS } from '../../src/defaults.ts'
import { TransportError } from '../../src/errors.ts'
import { eachRow } from '../../src/ledger/usage/waiting-rows.ts'
import { ServiceReporter } from '../../src/reporting/service-reporter.ts'

const DOWN = new TransportError('refused', { sent: false })
const DENIED = refusal(404, 'application_not_found')

function open(lines: readonly Line[], breaker?: Breaker) {
  const reporting = openReporting(lines)
  const { clock, observer } = reporting.options
  const backend = new Backend({ clock, bulkhead: createBulkhead({ maxCalls: 1 }), breaker, observer })
  const reports = new ServiceReporter({
    ...reporting.options,
    service: reporting.service,
    answers: ({ id }, appId) => backend.answers(reporting.options.client, id, { appId }),
    report: DEFAULTS.report,
    provedWithinMs: 1e9,
    breaker,
    random: () => 0.5,
  })
  const admit = (id: string, minutes = 1) => {
    for (let minute = 0; minute < minutes; minute++) {
      if (minute > 0) reporting.clock.skip(60_000)
      reporting.admit(reporting.learn(id, [], { metrics: ['hits'] }), { hits: 1 })
    }
  }
  return { ...reporting, reporting, reports, admit }
}

describe('after a failure the service reporter', () => {
  it('waits, also when one application is to be flushed', async () => {
    const { reports, admit, clock, reporting, service } = open([DOWN, ACCEPTED])
    admit('a1')
    await reports.flush(false)
    expect(reports.mayTryAt(clock.elapsed())).toBe(clock.elapsed() + 500)
    await reports.flush(false)
    await reports.flushOnly(service.applications.get('a1')!)
    expect(reporting.sent).toHaveLength(1)
  })

  it('asks, then sends the smallest application, then the rest', async () => {
    const { reports, admit, clock, reporting } = open([DOWN, DENIED, ACCEPTED])
    admit('small')
    admit('big', 2)
    await reports.flush(false)
    clock.skip(500)
    await reports.flush(false)
    expect(reporting.sent.slice(1).map((body) => body.match(/app_id\]=(\w+)/)?.[1] ?? body)).toEqual([
      'authorize',
      'small',
      'big',
    ])
  })

  it('sends nothing while the question gets no answer, and waits longer', async () => {
    const { reports, admit, clock, reporting, whole } = open([DOWN])
    admit('a1')
    await reports.flush(false)
    clock.skip(500)
    await reports.flush(false)
    expect(reporting.sent.at(-1)).toBe('authorize')
    expect(reports.mayTryAt(clock.elapsed())).toBe(clock.elapsed() + 1000)
    expect(whole.sums().hits).toMatchObject({ pending: 1, ambiguous: 0 })
  })

  it('makes one batch ambiguous in an outage, not several', async () => {
    const { reports, admit, clock, whole } = open([{ status: 500 }, DENIED, { status: 500 }])
    admit('big', 2)
    admit('small')
    await reports.flush(false)
    expect(whole.sums().hits).toMatchObject({ ambiguous: 3 })
    admit('big', 2)
    admit('small')
    clock.skip(500)
    await reports.flush(false)
    expect(whole.sums().hits).toMatchObject({ ambiguous: 4, pending: 2 })
  })

  it('keeps usage of the smallest application that does not fit into one batch', async () => {
    const { reports, reporting, clock, whole, learn, service } = open([DOWN, DENIED, { status: 500 }])
    const application = learn('a1', [], { metrics: ['hits'] })
    for (let call = 0; call < 1001; call++) reporting.countAsOwn(application, { hits: 1 })
    eachRow(application.ownTransactions, (row) => row.release(200))
    await reports.flush(false)
    clock.skip(500)
    await reports.flush(false)
    expect([reporting.sent.length, service.applications.size]).toEqual([3, 1])
    expect(whole.sums().hits).toMatchObject({ ambiguous: 1000, pending: 1, inFlight: 0 })
  })

  it('does not wait when it is to ignore the pause', async () => {
    const { reports, admit, whole } = open([DOWN, DENIED, ACCEPTED])
    admit('a1')
    await reports.flush(false)
    await reports.flush(true)
    expect(whole.sums().hits).toMatchObject({ acknowledged: 1 })
  })
})

it('waits as long as the backend asks for', async () => {
  const { reports, admit, clock } = open([{ status: 503, headers: { 'retry-after': '30' } }])
  admit('a1')
  await reports.flush(false)
  expect(reports.mayTryAt(clock.elapsed())).toBe(clock.elapsed() + 30_000)
})

it('retries slowly after our credentials were refused, and gives up after 23 hours with that reason', async () => {
  const { reports, admit, clock, losses, whole } = open([refusal(403, 'service_token_invalid')])
  admit('a1')
  await reports.flush(false)
  expect(reports.mayTryAt(clock.elapsed())).toBe(clock.elapsed() + 30_000)
  clock.skip(23 * 3_600_000 + 60_000)
  await reports.flush(false)
  expect(losses).toMatchObject([{ kind: 'given-up', reason: 'misconfigured', usage: { hits: 1 } }])
  expect(whole.records).toBe(0)
})

it('asks nothing while the breaker is open, and closes it by an answer', async () => {
  const clocks = openReporting([]).clock
  const breaker = createBreaker({ failures: 1, openMs: 5000 }, clocks)
  const { reports, admit, clock, reporting } = open([DOWN, DENIED, ACCEPTED], breaker)
  admit('a1')
  await reports.flush(false)
  expect(breaker.state.kind).toBe('open')
  clock.skip(500)
  await reports.flush(false)
  expect(reporting.sent).toHaveLength(1)
  clocks.skip(5000)
  clock.skip(5000)
  await reports.flush(false)
  expect([reporting.sent.length, breaker.state.kind]).toEqual([3, 'closed'])
})

it.each([
  ['503, opens the breaker', 503, 'open'],
  ['429, does not, because a flood is no failure of the backend', 429, 'closed'],
])('a report that is answered %s', async (_what, status, state) => {
  const clock = new ManualClock(1_000_000)
  const breaker = createBreaker({ failures: 1, openMs: 1000 }, clock)
  const { reports, admit } = open([{ status }, DENIED, ACCEPTED], breaker)
  admit('a1')
  await reports.flush(false)
  expect(breaker.state.kind).toBe(state)
})

it('law 17: lets other work run between the batches of a flush, and usage is conserved then', async () => {
  const { reports, reporting, whole, learn } = open([ACCEPTED])
  const application = learn('a1', [], { metrics: ['hits'] })
  for (let call = 0; call < 3500; call++) reporting.countAsOwn(application, { hits: 1 }, 200)
  let now = 0
  const timer = vi.spyOn(performance, 'now').mockImplementation(() => (now += 5))
  const seen: object[] = []
  let over = false
  const look = () => {
    const { inFlight, pending, acknowledged } = whole.sums().hits!
    seen.push({ inFlight, pending, acknowledged, ...imbalance(whole) })
    if (!over) setImmediate(look)
  }
  setImmediate(look)
  await reports.flush(false)
  over = true
  timer.mockRestore()
  expect(reporting.sent).toHaveLength(4)
  expect(seen).toEqual(
    expect.arrayContaining([
      { inFlight: 1000, pending: 2500, acknowledged: 0 },
      { inFlight: 0, pending: 2500, acknowledged: 1000 },
      { inFlight: 1000, pending: 1500, acknowledged: 1000 },
      { inFlight: 0, pending: 500, acknowledged: 3000 },
    ]),
  )
})

it('asks again within a minute although the backend wants to be left alone for a day', async () => {
  const { reports, admit, clock } = open([{ status: 503, headers: { 'retry-after': '86400' } }])
  admit('a1')
  await reports.flush(false)
  expect(reports.mayTryAt(clock.elapsed())).toBe(clock.elapsed() + 60_000)
})
