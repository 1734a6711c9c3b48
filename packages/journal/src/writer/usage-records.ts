/** Encodes what the ledger tells: first the names that a record needs, then the record. */
import type {
  JournalledApplication,
  JournalledBatch,
  JournalledRow,
  JournalledUsage,
  UnsettledUsage,
} from '@threescale/core'
import { KIND, SETTLEMENTS, type Settlement } from '../format/kinds.ts'
import type { RecordBuffer } from '../format/record-buffer.ts'
import { type NamedApplication, SegmentNames } from './segment-names.ts'

const MINUTE_MS = 60_000
const CODE = new Map<Settlement, number>(SETTLEMENTS.map((settlement, code) => [settlement, code]))

/** The records of one file. Each method leaves in the buffer what is to be appended to the file. */
export class UsageRecords {
  readonly buffer: RecordBuffer
  readonly #names = new SegmentNames()
  /** Where the buffer's first byte will stand. */
  #offset = 0

  constructor(buffer: RecordBuffer) {
    this.buffer = buffer
  }

  /** Applications that the file names, and so keeps in memory. */
  get applications(): number {
    return this.#names.applications
  }

  /** The buffer was not written, so the names in it were not. */
  forget(): void {
    this.#names.forget()
  }

  /** The hot path: one admission. */
  book(application: JournalledApplication, { slots, amounts }: JournalledUsage, time: number, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const named = this.#names.application(application, buffer, offset)
    for (let i = 0; i < slots.length; i++) this.#names.metric(named.service, slots[i]!, buffer, offset)
    buffer.begin(KIND.book)
    buffer.number(named.number)
    buffer.signed(Math.floor(time / MINUTE_MS))
    buffer.number(0)
    buffer.number(slots.length)
    for (let i = 0; i < slots.length; i++) {
      buffer.number(named.service.numbers[slots[i]!]!)
      buffer.number(amounts[i]!)
    }
    buffer.end(offset)
  }

  take(number: number, { rows }: JournalledBatch, reserved: boolean, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const named = [...rows].map(({ application, row }) => ({ application: this.#name(application, [row]), row }))
    buffer.begin(KIND.take)
    buffer.number(number)
    buffer.number(reserved ? 1 : 0)
    buffer.number(named.length)
    for (const { application, row } of named) {
      buffer.number(application.number)
      this.#row(application, row)
    }
    buffer.end(offset)
  }

  settle(number: number, to: Settlement, at: number, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    buffer.begin(KIND.settle)
    buffer.number(number)
    buffer.number(CODE.get(to)!)
    buffer.number(Math.max(0, at))
    buffer.end(offset)
  }

  move(from: JournalledApplication, to: JournalledApplication, rows: Iterable<JournalledRow>, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const all = [...rows]
    const namedFrom = this.#name(from, [])
    const namedTo = this.#name(to, all)
    buffer.begin(KIND.move)
    buffer.number(namedFrom.number)
    buffer.number(namedTo.number)
    this.#rows(namedTo, all)
    buffer.end(offset)
  }

  /** @param numberOf the number of a batch. */
  whole(usage: UnsettledUsage, numberOf: (batch: object) => number, offset: number): void {
    const { application, waiting, maybeCounted, sent } = usage
    const { buffer } = this
    this.#start(offset)
    const named = this.#name(application, [...waiting, ...maybeCounted, ...sent.map(({ row }) => row)])
    const batches = byBatch(sent)
    buffer.begin(KIND.whole)
    buffer.number(named.number)
    this.#rows(named, waiting)
    this.#rows(named, maybeCounted)
    buffer.number(batches.size)
    for (const [batch, rows] of batches) {
      const { state, sending, reserved, at } = rows[0]!
      const inFlight = reserved ? 'reserved' : sending ? 'sending' : 'taken'
      buffer.number(numberOf(batch))
      buffer.number(CODE.get(state === 'inFlight' ? inFlight : state)!)
      buffer.number(Math.max(0, Math.floor(at)))
      this.#rows(
        named,
        rows.map(({ row }) => row),
      )
    }
    buffer.end(offset)
  }

  complete(offset: number): void {
    this.#start(offset)
    this.buffer.begin(KIND.complete)
    this.buffer.end(offset)
  }

  #start(offset: number): void {
    this.buffer.clear()
    this.#offset = offset
  }

  #name(application: JournalledApplication, rows: readonly JournalledRow[]): NamedApplication {
    const named = this.#names.application(application, this.buffer, this.#offset)
    for (const row of rows) row.each((slot) => void this.#names.metric(named.service, slot, this.buffer, this.#offset))
    return named
  }

  #rows(application: NamedApplication, rows: readonly JournalledRow[]): void {
    this.buffer.number(rows.length)
    for (const row of rows) this.#row(application, row)
  }

  #row({ service }: NamedApplication, row: JournalledRow): void {
    const { buffer } = this
    let metrics = 0
    row.each(() => void metrics++)
    buffer.signed(Math.floor(row.minute / MINUTE_MS))
    buffer.number(row.resent ? 1 : 0)
    buffer.number(metrics)
    row.each((slot, amount) => {
      buffer.number(service.numbers[slot]!)
      buffer.number(amount)
    })
  }
}

function byBatch(sent: UnsettledUsage['sent']): Map<object, UnsettledUsage['sent'][number][]> {
  const batches = new Map<object, UnsettledUsage['sent'][number][]>()
  for (const one of sent) {
    const others = batches.get(one.batch)
    if (others === undefined) batches.set(one.batch, [one])
    else others.push(one)
  }
  return batches
}
