import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLedger } from '../../../../../test/support/test-ledger.ts'
import { createUsageShape } from '../../../src/domain/usage.ts'
import type { LimitFootprint } from '../../../src/ledger/plan/plan-limits.ts'
import { Batch } from '../../../src/ledger/usage/batch.ts'
import { namedUsage, UsageRow } from '../../../src/ledger/usage/usage-row.ts'

const MINUTE = Date.parse('2026-03-10T10:20:00Z')

function openRow() {
  const { service, clock } = openLedger()
  const application = service.application('a1')!
  const footprint = (usage: Record<string, number>): LimitFootprint =>
    application.planLimits.footprintOf(createUsageShape(usage), clock.now())
  const row = new UsageRow(MINUTE + 30_000)
  const resend = () => new Batch(service, [{ application, row }]).takeBack(true)
  return { row, footprint, resend, metrics: service.metrics }
}

/** Counts as an application does. */
function count(row: UsageRow, footprint: LimitFootprint, time = MINUTE): 'again' | number {
  return row.repeat(footprint, time) ? 'again' : row.count(footprint)
}

describe('a row of usage', () => {
  it('law 8: adds up all that was counted, repeated or not, however often it is read', () => {
    const usages = fc.constantFrom<Record<string, number>>({ a: 1 }, { a: 2, b: 1 }, { c: 7 })
    fc.assert(
      fc.property(fc.array(fc.tuple(usages, fc.boolean())), (steps) => {
        const { row, footprint, metrics } = openRow()
        const expected: Record<string, number> = {}
        for (const [usage, read] of steps) {
          count(row, footprint(usage))
          for (const [metric, amount] of Object.entries(usage)) expected[metric] = (expected[metric] ?? 0) + amount
          if (read) expect(namedUsage([row], metrics)).toEqual(expected)
        }
        expect([{ ...namedUsage([row], metrics) }, row.records]).toEqual([expected, Object.keys(expected).length])
      }),
    )
  })

  it('says how many metrics are new to it', () => {
    const { row, footprint } = openRow()
    const usage = footprint({ a: 1, b: 1 })
    expect([count(row, usage), count(row, usage), count(row, footprint({ b: 1, c: 1 }))]).toEqual([2, 'again', 1])
  })

  it('repeats only within its minute', () => {
    const { row, footprint } = openRow()
    const usage = footprint({ a: 1 })
    row.count(usage)
    expect([MINUTE - 1, MINUTE, MINUTE + 59_999, MINUTE + 60_000].map((time) => row.repeat(usage, time))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('repeats nothing once it may be counted twice', () => {
    const { row, footprint, resend } = openRow()
    row.count(footprint({ a: 1 }))
    resend()
    expect(row.repeat(footprint({ a: 1 }), MINUTE)).toBe(false)
  })

  it('law 9: repeats only what stays a number that the backend can hold', () => {
    const { row, footprint } = openRow()
    const usage = footprint({ a: Math.floor(Number.MAX_SAFE_INTEGER / 3) })
    row.count(usage)
    expect([row.repeat(usage, MINUTE), row.repeat(usage, MINUTE), row.repeat(usage, MINUTE)]).toEqual([
      true,
      true,
      false,
    ])
    expect(row.holds(usage)).toBe(false)
  })

  it('splits off a metric with all that was counted of it', () => {
    const { row, footprint, metrics } = openRow()
    const usage = footprint({ a: 1, b: 2 })
    for (const _ of [1, 2, 3]) count(row, usage)
    const [slot] = usage.slots
    const part = row.takeOut(slot!)
    expect([namedUsage([part!], metrics), namedUsage([row], metrics), row.takeOut(slot!)]).toEqual([
      { a: 3 },
      { b: 6 },
      undefined,
    ])
    expect(part!.minute).toBe(MINUTE)
  })

  it('sends its response code once, with the last metric that is left', () => {
    const { row, footprint } = openRow()
    row.release(201)
    const usage = footprint({ a: 1, b: 2 })
    row.count(usage)
    const codes = usage.slots.map((slot) => row.takeOut(slot)!.ownTransaction?.code)
    expect(codes).toEqual([undefined, 201])
  })
})
