import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/manual-clock.ts'
import type { Line } from '../../../../test/support/scripted-client.ts'
import { SETTLE_MS } from '../../../../test/support/test-ledger.ts'
import { ACCEPTED, openReporting } from '../../../../test/support/test-reporting.ts'
import { DEFAULTS } from '../../src/defaults.ts'
import { TransportError } from '../../src/errors.ts'
import type { ReportSettings } from '../../src/reporting/report-settings.ts'
import { createReporter } from '../../src/reporting/reporter.ts'

const DOWN = new TransportError('refused', { sent: false })

function open(lines: readonly Line[], report: Partial<ReportSettings> = {}) {
  const reporting = openReporting(lines, (records) => reporter.wake(records))
  const asked: (string | undefined)[] = []
  const reporter = createReporter({
    ...reporting.options,
    ledger: reporting.whole,
    clientOf: () => reporting.options.client,
    answers: reporting.answers,
    prove: async (application) => {
      asked.push(application.id)
      if (application.id !== undefined) reporting.learn(application.id, [], { metrics: ['hits'] })
      return true
    },
    report: { ...DEFAULTS.report, ...report },
    ttlMs: 10_000,
    breaker: undefined,
    random: () => 0.5,
  })
  const admit = (id = 'a1') => reporting.admit(reporting.learn(id, [], { metrics: ['hits'] }), { hits: 1 })
  const pass = (ms: number) => reporting.clock.advance(ms)
  return { ...reporting, reporting, reporter, asked, admit, pass }
}

describe('the reporter', () => {
  it('law 11: runs no timer before usage waits, nor once all sent usage is surely counted', async () => {
    const { clock, admit, asked, pass, reporting } = open([ACCEPTED])
    expect(clock.timers).toBe(0)
    admit()
    expect(clock.timers).toBe(1)
    await pass(9999)
    expect(reporting.sent).toHaveLength(0)
    await pass(1)
    expect([reporting.sent.length, clock.timers]).toEqual([1, 1])
    // Once the backend has surely counted the batch, a question proves that it had no reason to drop it.
    await pass(SETTLE_MS + 10_000)
    expect(asked).toEqual(['a1', 'a1'])
    await pass(SETTLE_MS)
    expect([reporting.sent.length, asked.length, clock.timers]).toEqual([1, 2, 0])
  })

  it('keeps to the interval also where usage is settled sooner', async () => {
    const { admit, pass, reporting } = open([ACCEPTED, ACCEPTED], { intervalMs: 2 * SETTLE_MS })
    admit()
    await pass(2 * SETTLE_MS)
    admit()
    await pass(SETTLE_MS)
    expect(reporting.sent).toHaveLength(1)
  })

  it('law 10: sends before the interval when too much waits', async () => {
    const { admit, pass, reporting } = open([ACCEPTED], { maxPending: 2 })
    admit('a1')
    await pass(0)
    expect(reporting.sent).toHaveLength(0)
    admit('a2')
    await pass(0)
    expect(reporting.sent).toHaveLength(1)
  })

  it('tries again when the pause after a failure is over', async () => {
    const { admit, pass, reporting } = open([DOWN, { status: 404 }, ACCEPTED])
    admit()
    await pass(10_000)
    await pass(499)
    expect(reporting.sent).toHaveLength(1)
    await pass(1)
    expect([reporting.sent.length, reporting.whole.records]).toEqual([3, 0])
  })

  it('law 9: asks first about what no answer has proved lately', async () => {
    const { admit, asked, pass, clock } = open([ACCEPTED], { intervalMs: 30_000 })
    admit('a1')
    await pass(20_001)
    admit('a2')
    await clock.advance(9_999)
    expect(asked).toEqual(['a1'])
  })

  it('flushes once for all calls that come meanwhile', async () => {
    const { reporter, admit, reporting } = open([ACCEPTED])
    admit()
    const flush = reporter.flush()
    expect(reporter.flush()).toBe(flush)
    await flush
    expect(reporting.sent).toHaveLength(1)
  })
})

describe('closing', () => {
  it('sends what waits and reports that nothing is left', async () => {
    const { reporter, admit, reporting, clock } = open([ACCEPTED])
    admit()
    const closing = reporter.close()
    expect(reporter.close()).toBe(closing)
    expect(await closing).toEqual({ undelivered: {} })
    expect([reporting.sent.length, clock.timers]).toEqual([1, 0])
  })

  it('law 10: ends in time, and reports what could not be delivered', async () => {
    const { reporter, admit, pass, whole } = open([DOWN])
    admit()
    const closing = reporter.close({ timeoutMs: 100 })
    for (let step = 0; step < 4; step++) await pass(50)
    expect(await closing).toEqual({ undelivered: { hits: 1 } })
    expect(whole.sums().hits).toMatchObject({ givenUp: 1, pending: 0 })
  })

  it('tries again while there is time', async () => {
    const { reporter, admit, pass } = open([DOWN, { status: 404 }, ACCEPTED])
    admit()
    const closing = reporter.close()
    await settled()
    for (let step = 0; step < 4; step++) await pass(500)
    expect(await closing).toEqual({ undelivered: {} })
  })
})
