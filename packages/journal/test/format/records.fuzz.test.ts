import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moves, play } from '../support/moves.ts'
import { headBytes, readBytes } from '../support/read-state.ts'
import { inStates, SmallLedger, type Totals, UNPROVED } from '../support/small-ledger.ts'
import { WrittenBytes } from '../support/written-bytes.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 150)

/** Plays moves. @returns the bytes, and what the ledger held when the file had so many. */
function written(list: Parameters<typeof play>[1][]): { bytes: Buffer; held: Map<number, Totals> } {
  const ledger = new SmallLedger({ services: ['s1', 's2', undefined] })
  const journal = new WrittenBytes(ledger)
  ledger.writer = journal
  const held = new Map([[journal.bytes.length, ledger.totals()]])
  for (const move of list) {
    play(ledger, move)
    held.set(journal.bytes.length, ledger.totals())
  }
  return { bytes: journal.bytes, held }
}

/** Sums by application and metric, whatever the minute and state. */
function byMetric(totals: Totals): Totals {
  const sums: Totals = {}
  for (const [key, amount] of Object.entries(totals)) {
    const [, service, ...rest] = key.split(' ')
    const name = [service, ...rest.slice(0, -1).filter((part) => !/^\d{8}$/.test(part))].join(' ')
    sums[name] = (sums[name] ?? 0) + amount
  }
  return sums
}

describe('law 16: records', () => {
  it('say what the ledger holds, whatever happened', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const { bytes, held } = written(list)
        expect(readBytes(bytes)).toEqual({ totals: held.get(bytes.length), damaged: false, torn: 0 })
      }),
      { numRuns: 4 * RUNS },
    )
  })

  it('say what the ledger held at the last whole record, wherever a file is torn', () => {
    fc.assert(
      fc.property(moves, fc.nat(), (list, where) => {
        const { bytes, held } = written(list)
        const first = Math.min(...held.keys())
        const end = first + (where % (bytes.length - first + 1))
        const whole = Math.max(...[...held.keys()].filter((at) => at <= end))
        const read = readBytes(bytes.subarray(0, end))
        expect({ totals: read.totals, damaged: read.damaged }).toEqual({ totals: held.get(whole), damaged: false })
      }),
      { numRuns: 4 * RUNS },
    )
  })

  it('invent no usage and send none twice, whichever byte is changed', () => {
    fc.assert(
      fc.property(moves, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, where, change) => {
        const { bytes } = written(list)
        const most = everBooked(list)
        const head = headBytes(bytes)
        if (bytes.length === head) return
        const at = head + (where % (bytes.length - head))
        const changed = Buffer.from(bytes)
        changed[at]! ^= change
        const { totals, damaged, torn } = readBytes(changed)
        expect(damaged || torn > 0).toBe(true)
        // What seems to wait may have been sent by a record that is gone.
        if (damaged) expect(inStates(totals, 'waiting')).toEqual({})
        for (const [key, amount] of Object.entries(byMetric(totals))) expect(amount).toBeLessThanOrEqual(most[key] ?? 0)
      }),
      { numRuns: 10 * RUNS },
    )
  })
})

/** All usage that moves admit, by application and metric. */
function everBooked(list: Parameters<typeof play>[1][]): Totals {
  const ledger = new SmallLedger({ services: ['s1', 's2', undefined] })
  const sums: Totals = {}
  const add = (id: string | undefined, service: string | undefined, metric: string, amount: number) => {
    const name = [service, id ?? UNPROVED, metric].join(' ')
    sums[name] = (sums[name] ?? 0) + amount
  }
  ledger.writer = {
    book: (application, { slots, amounts }) =>
      slots.forEach((slot, i) => {
        add(application.id, application.service.id, application.service.metrics.nameOf(slot), amounts[i]!)
      }),
    take: (batch, reserved) => {
      if (!reserved) return
      for (const { application, row } of batch.rows) {
        row.each((slot, amount) =>
          add(application.id, application.service.id, application.service.metrics.nameOf(slot), amount),
        )
      }
    },
    settle: () => {},
    retell: () => {},
    recover: async () => {},
    stats: () => {
      throw new Error('not asked')
    },
    close: async () => {},
  }
  const { adopt } = ledger
  ledger.adopt = (from, to) => {
    for (const row of from.waiting) {
      row.each((slot, amount) => add(to.id, to.service.id, to.service.names[slot]!, amount))
    }
    adopt.call(ledger, from, to)
  }
  for (const move of list) play(ledger, move)
  return sums
}
