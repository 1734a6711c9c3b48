/** Encodes what the ledger tells: first the names that a record needs, then the record. */
import type {
  JournalledApplication,
  JournalledBatch,
  JournalledRow,
  JournalledUsage,
  UnsettledUsage,
} from '@threescale/core'
import type { FileHeader } from '../format/header.ts'
import { KIND, SETTLEMENTS, type Settlement } from '../format/kinds.ts'
import type { RecordBuffer } from '../format/record-buffer.ts'
import type { ObjectNumbers } from './object-numbers.ts'
import { type NamedApplication, SegmentNames } from './segment-names.ts'

const MINUTE_MS = 60_000
const CODE = new Map<Settlement, number>(SETTLEMENTS.map((settlement, code) => [settlement, code]))

/** The records of one file. Each method leaves in the buffer what is to be appended to the file. */
export class UsageRecords {
  readonly buffer: RecordBuffer
  readonly #numbers: ObjectNumbers
  readonly #names: SegmentNames
  /** Where the buffer's first byte will stand. */
  #offset = 0

  constructor(buffer: RecordBuffer, numbers: ObjectNumbers) {
    this.buffer = buffer
    this.#numbers = numbers
    this.#names = new SegmentNames(numbers)
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

  take(batch: JournalledBatch, reserved: boolean, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const named = [...batch.rows].map(({ application, row }) => ({ application: this.#name(application, [row]), row }))
    buffer.begin(KIND.take)
    buffer.number(this.#numbers.of(batch))
    buffer.number(reserved ? 1 : 0)
    buffer.number(named.length)
    for (const { application, row } of named) {
      buffer.number(application.number)
      this.#row(application, row)
    }
    buffer.end(offset)
  }

  settle(batch: JournalledBatch, to: Settlement, at: number, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    buffer.begin(KIND.settle)
    buffer.number(this.#numbers.of(batch))
    buffer.number(CODE.get(to)!)
    buffer.number(Math.max(0, at))
    buffer.end(offset)
  }

  whole(usages: readonly UnsettledUsage[], offset: number): void {
    this.#start(offset)
    const named = usages.map((usage) => {
      const { application, waiting, maybeCounted, sent } = usage
      return { usage, of: this.#name(application, [...waiting, ...maybeCounted, ...sent.map(({ row }) => row)]) }
    })
    this.buffer.begin(KIND.whole)
    this.buffer.number(named.length)
    for (const { usage, of } of named) this.#whole(of, usage)
    this.buffer.end(offset)
  }

  /** To be written before a folder gets this name. `settledBefore`: as for `settleAtDeath`. */
  inherit(name: string, settledBefore: number, offset: number): void {
    this.#start(offset)
    this.buffer.begin(KIND.inherit)
    this.buffer.text(name)
    this.buffer.number(settledBefore)
    this.buffer.end(offset)
  }

  /** @param to undefined: the usage was told as lost. */
  recover(from: number, to: JournalledApplication | undefined, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const number = to === undefined ? 0 : this.#name(to, []).number
    buffer.begin(KIND.recover)
    buffer.number(from)
    buffer.number(number)
    buffer.end(offset)
  }

  /** @param applications to whom the rows of each application of the dead process belong, by its number. */
  recoverBatch(batch: object, applications: ReadonlyMap<number, JournalledApplication>, offset: number): void {
    const { buffer } = this
    this.#start(offset)
    const named = [...applications].map(([from, to]) => ({ from, to: this.#name(to, []).number }))
    buffer.begin(KIND.recoverBatch)
    buffer.number(this.#numbers.of(batch))
    buffer.number(named.length)
    for (const { from, to } of named) {
      buffer.number(from)
      buffer.number(to)
    }
    buffer.end(offset)
  }

  /** Repeats the header, because a file whose first bytes are damaged would belong to none. */
  complete(header: FileHeader, offset: number): void {
    this.#start(offset)
    this.buffer.begin(KIND.complete)
    this.buffer.text(JSON.stringify(header))
    this.buffer.end(offset)
  }

  #whole(named: NamedApplication, { waiting, maybeCounted, sent }: UnsettledUsage): void {
    const { buffer } = this
    const batches = byBatch(sent)
    buffer.number(named.number)
    this.#rows(named, waiting)
    this.#rows(named, maybeCounted)
    buffer.number(batches.size)
    for (const [batch, rows] of batches) {
      const { state, sending, reserved, at } = rows[0]!
      const inFlight = reserved ? 'reserved' : sending ? 'sending' : 'taken'
      buffer.number(this.#numbers.of(batch))
      buffer.number(CODE.get(state === 'inFlight' ? inFlight : state)!)
      buffer.number(Math.max(0, Math.floor(at)))
      this.#rows(
        named,
        rows.map(({ row }) => row),
      )
    }
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
