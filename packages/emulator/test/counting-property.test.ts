/** Counters against a plain recomputation from the accepted transactions, under any sequence of calls and clocks. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmulator, type PeriodName } from '../src/index.ts'
import { dictionary } from './dictionary.ts'

const start = Date.parse('2026-01-14T23:50:00Z')
const minute = 60_000
const metrics = ['hits', 'lookup', 'deep'] as const
const upwards = { hits: ['hits'], lookup: ['lookup', 'hits'], deep: ['deep', 'lookup', 'hits'] } as const
const limits = [
  { metric: 'hits', period: 'minute' as const, value: 20 },
  { metric: 'lookup', period: 'day' as const, value: 60 },
]
const applications = { key: 'app', 'other-key': 'other' } as const
type Key = keyof typeof applications
type Usage = Partial<Record<(typeof metrics)[number], number>>
type Action =
  | { kind: 'authrep' | 'authorize'; key: Key; usage: Usage }
  | { kind: 'report'; entries: { key: Key | 'nobody'; usage: Usage; agoMinutes: number | undefined }[] }
  | { kind: 'clock'; minutes: number }

const usage = fc.record(
  Object.fromEntries(metrics.map((metric) => [metric, fc.nat({ max: 12 })])) as Record<string, fc.Arbitrary<number>>,
  { requiredKeys: [] },
) as fc.Arbitrary<Usage>
const key = fc.constantFrom<Key>('key', 'other-key')
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('authrep', 'authorize'), key, usage }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      entries: fc.array(
        fc.record({
          key: fc.oneof({ weight: 12, arbitrary: key }, { weight: 1, arbitrary: fc.constant('nobody' as const) }),
          usage,
          agoMinutes: fc.option(fc.integer({ min: -70, max: 26 * 60 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), minutes: fc.integer({ min: -30, max: 1500 }) }),
  },
)

/** The start of the window by plain arithmetic on the calendar's text form. */
function windowOf(period: PeriodName, at: number): string {
  const text = new Date(at).toISOString()
  const lengths: Partial<Record<PeriodName, number>> = { year: 4, month: 7, day: 10, hour: 13, minute: 16 }
  const length = lengths[period]
  if (length !== undefined) return text.slice(0, length)
  if (period === 'eternity') return ''
  // 2026-01-12 was a Monday.
  return String(Math.floor((at - Date.parse('2026-01-12')) / (7 * 24 * 60 * minute)))
}

interface Accepted {
  readonly application: string
  readonly usage: Usage
  readonly at: number
}

function recompute(
  accepted: readonly Accepted[],
  application: string,
  metric: string,
  period: PeriodName,
  now: number,
) {
  let sum = 0
  for (const entry of accepted) {
    if (entry.application !== application || windowOf(period, entry.at) !== windowOf(period, now)) continue
    for (const [used, value] of Object.entries(entry.usage)) {
      if ((upwards[used as keyof typeof upwards] as readonly string[]).includes(metric)) sum += value
    }
  }
  return sum
}

const query = (prefix: string, given: Usage) =>
  Object.entries(given)
    .map(([metric, value]) => `${prefix}[${metric}]=${value}`)
    .join('&')
const credentials = 'service_token=stoken&service_id=1001'

test.each([0, 5 * minute])('with a report delay of %i ms', (reportDelayMs) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const clock = { at: start, now: () => clock.at }
      const emulator = createEmulator({ state: dictionary(limits), clock, reportDelayMs })
      const accepted: Accepted[] = []
      const waiting: { dueAt: number; run(at: number): void }[] = []
      const runDue = () => {
        const due = waiting.filter(({ dueAt }) => dueAt <= clock.at)
        for (const job of due) {
          waiting.splice(waiting.indexOf(job), 1)
          job.run(job.dueAt)
        }
      }
      const later = (run: (at: number) => void) => {
        waiting.push({ dueAt: clock.at + reportDelayMs, run })
      }
      for (const each of actions) {
        runDue()
        if (each.kind === 'clock') {
          clock.at += each.minutes * minute
          // Reading usage runs the due jobs, so a clock that is set back later finds them done.
          emulator.usage()
          runDue()
        } else if (each.kind === 'report') {
          const stamp = (ago: number | undefined) => (ago === undefined ? undefined : clock.at - ago * minute)
          const entries = each.entries.map((entry) => ({ ...entry, stamp: stamp(entry.agoMinutes) }))
          const parts = entries.map(({ key: given, usage: used, stamp: at }, index) => {
            const name = `transactions[${index}]`
            const time = at === undefined ? '' : `&${name}[timestamp]=${at / 1000}`
            return `${name}[user_key]=${given}${time}&${query(`${name}[usage]`, used)}`
          })
          const { status } = emulator.handle({
            method: 'POST',
            target: '/transactions.xml',
            body: `${credentials}&${parts.join('&')}`,
          })
          expect(status).toBe(202)
          later((at) => {
            // Transactions without usage are removed before their members are checked.
            const left = entries.filter(({ usage: used }) => {
              const values = Object.values(used)
              return values.length === 0 || values.some((value) => value > 0)
            })
            const inTime = ({ stamp: given, usage: used }: (typeof entries)[number]) =>
              given === undefined ||
              Object.keys(used).length === 0 ||
              (given >= at - 86_400_000 && given <= at + 3_600_000)
            if (left.some((entry) => entry.key === 'nobody' || !inTime(entry))) return
            for (const entry of left) {
              if (entry.key === 'nobody') continue
              accepted.push({ application: applications[entry.key], usage: entry.usage, at: entry.stamp ?? at })
            }
          })
        } else {
          const application = applications[each.key]
          const after = (metric: string, period: PeriodName) =>
            recompute(accepted, application, metric, period, clock.at) +
            recompute([{ application, usage: each.usage, at: clock.at }], application, metric, 'eternity', clock.at)
          const used = new Set(Object.keys(each.usage).flatMap((metric) => upwards[metric as keyof typeof upwards]))
          const allowed = limits.every(
            ({ metric, period, value }) =>
              (used.size > 0 && !used.has(metric as never)) || after(metric, period) <= value,
          )
          const { status } = emulator.handle({
            method: 'GET',
            target: `/transactions/${each.kind}.xml?${credentials}&user_key=${each.key}&${query('usage', each.usage)}`,
          })
          expect(status).toBe(allowed ? 200 : 409)
          if (allowed && each.kind === 'authrep') later((at) => accepted.push({ application, usage: each.usage, at }))
        }
        runDue()
        const usageNow = emulator.usage()['1001']!
        for (const application of Object.values(applications)) {
          for (const metric of metrics) {
            for (const [period, value] of Object.entries(usageNow[application]![metric]!)) {
              const expected = recompute(accepted, application, metric, period as PeriodName, clock.at)
              if (value !== expected) expect({ application, metric, period, value }).toHaveProperty('value', expected)
            }
          }
        }
      }
    }),
    { numRuns: 150 },
  )
})
