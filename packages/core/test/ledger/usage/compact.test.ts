import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openLedger, type TestLedger } from '../../../../../test/support/test-ledger.ts'
import type { ApplicationLedger } from '../../../src/ledger/application-ledger.ts'
import { Batch } from '../../../src/ledger/usage/batch.ts'
import { compact } from '../../../src/ledger/usage/compact.ts'
import { namedUsage, UsageRow } from '../../../src/ledger/usage/usage-row.ts'
import { eachRow } from '../../../src/ledger/usage/waiting-rows.ts'

function waiting(rows: readonly [minute: string, hits: number, resent?: boolean][]): [TestLedger, ApplicationLedger] {
  const ledger = openLedger({ now: '2026-03-10T10:20:30Z' })
  const application = ledger.learn('a1', [], { metrics: ['hits'] })
  const slot = ledger.service.metrics.slotOf('hits')
  for (const [minute, hits, resent = false] of rows) {
    const row = new UsageRow(Date.parse(`2026-03-10T${minute}:00Z`))
    row.add(slot, hits)
    if (resent) {
      new Batch(ledger.service, [{ application, row }]).takeBack(true)
    } else {
      application.wait(row)
      ledger.whole.recordsAdded(1)
    }
  }
  return [ledger, application]
}

const clockTime = (minutes: number) => new Date(minutes * 60_000).toISOString().slice(11, 16)

function rowsOf(application: ApplicationLedger): [minute: string, hits: number][] {
  const rows: [string, number][] = []
  eachRow(application.pending, (row) => {
    rows.push([new Date(row.minute).toISOString().slice(11, 16), namedUsage([row], application.service.metrics).hits!])
  })
  return rows
}

it('rows of one minute become one', () => {
  const [ledger, application] = waiting([
    ['10:20', 1],
    ['10:19', 2],
    ['10:20', 4],
  ])
  compact(application)
  expect([rowsOf(application), ledger.whole.records]).toEqual([
    [
      ['10:20', 5],
      ['10:19', 2],
    ],
    2,
  ])
})

it('two rows of one minute become one, too', () => {
  const [ledger, application] = waiting([
    ['10:20', 1],
    ['10:20', 2],
  ])
  compact(application)
  expect([rowsOf(application), ledger.whole.records]).toEqual([[['10:20', 3]], 1])
})

it('the newest row comes first in whatever order they waited, and is as new as any that is merged into it', () => {
  const times = fc.integer({ min: 8 * 60, max: 10 * 60 + 20 })
  fc.assert(
    fc.property(fc.array(fc.tuple(times, fc.integer({ min: 1, max: 9 })), { maxLength: 12 }), (rows) => {
      const [ledger, application] = waiting(rows.map(([time, hits]) => [clockTime(time), hits]))
      compact(application)
      const merged = new Map<string, [newest: number, hits: number]>()
      for (const [time, hits] of rows.toSorted(([a], [b]) => b - a)) {
        // Minutes from 10:16 stay apart, older ones do not.
        const key = time < 10 * 60 + 16 ? `hour ${Math.floor(time / 60)}` : `minute ${time}`
        const row = merged.get(key) ?? [time, 0]
        merged.set(key, [row[0], row[1] + hits])
      }
      expect(rowsOf(application)).toEqual([...merged.values()].map(([time, hits]) => [clockTime(time), hits]))
      expect(ledger.whole.records).toBe(merged.size)
    }),
  )
})

it('a request of the present minute adds to its row, although an older row came to wait last', () => {
  const [ledger, application] = waiting([
    ['10:20', 1],
    ['10:19', 2],
  ])
  compact(application)
  ledger.admit(application, { hits: 4 })
  expect([rowsOf(application)[0], ledger.whole.records]).toEqual([['10:20', 5], 2])
})

it('rows of older minutes are merged by the hour, each within its own hour', () => {
  const [, application] = waiting([
    ['08:59', 1],
    ['09:00', 2],
    ['09:59', 4],
    ['10:00', 8],
    ['10:14', 16],
    ['10:18', 32],
  ])
  compact(application)
  expect(rowsOf(application)).toEqual([
    ['10:18', 32],
    ['10:14', 24],
    ['09:59', 6],
    ['08:59', 1],
  ])
})

it('usage that may be counted twice stays apart', () => {
  const [, application] = waiting([
    ['10:20', 1],
    ['10:20', 2, true],
  ])
  compact(application)
  expect(rowsOf(application)).toHaveLength(2)
})

it('law 9: a sum may become as large as the backend can hold', () => {
  const [ledger, application] = waiting([
    ['10:20', 1],
    ['10:20', Number.MAX_SAFE_INTEGER - 1],
  ])
  compact(application)
  expect([rowsOf(application), ledger.whole.records]).toEqual([[['10:20', Number.MAX_SAFE_INTEGER]], 1])
})

it('law 9: no sum becomes larger than the backend can hold', () => {
  const [ledger, application] = waiting([
    ['10:20', 1],
    ['10:20', Number.MAX_SAFE_INTEGER],
  ])
  compact(application)
  expect([rowsOf(application).length, ledger.whole.records]).toEqual([2, 2])
})
