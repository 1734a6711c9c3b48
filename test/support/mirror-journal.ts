/** A journal in memory, and whether its records say what the ledger holds. */
import type { JournalledBatch, JournalWriter } from '../../packages/core/src/ledger/journal.ts'
import type { Ledger } from '../../packages/core/src/ledger/ledger.ts'
import { unsettledUsage } from '../../packages/core/src/ledger/recover.ts'
import { writeHeader } from '../../packages/journal/src/format/header.ts'
import { RecordBuffer } from '../../packages/journal/src/format/record-buffer.ts'
import { foldFile } from '../../packages/journal/src/state/fold-file.ts'
import { UsageState } from '../../packages/journal/src/state/usage-state.ts'
import { objectNumbers } from '../../packages/journal/src/writer/object-numbers.ts'
import { UsageRecords } from '../../packages/journal/src/writer/usage-records.ts'

type Amounts = Record<string, number>

/** Connects a journal to the ledger. */
export class MirrorJournal implements JournalWriter {
  readonly #ledger: Ledger
  readonly #records = new UsageRecords(new RecordBuffer(), objectNumbers())
  readonly #parts: Buffer[] = []
  #length = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    ledger.journal = this
    const buffer = new RecordBuffer()
    writeHeader(buffer, { services: [], backend: '', machine: '', pid: 0, begunAt: 0 })
    this.#keep(buffer)
  }

  book: JournalWriter['book'] = (application, usage, time) =>
    this.#append(() => this.#records.book(application, usage, time, this.#length))

  take = (batch: JournalledBatch, reserved: boolean): void =>
    this.#append(() => this.#records.take(batch, reserved, this.#length))

  settle: JournalWriter['settle'] = (batch, to) =>
    this.#append(() => this.#records.settle(batch, to, this.#ledger.clock.now(), this.#length))

  retell: JournalWriter['retell'] = (...usages) => this.#append(() => this.#records.whole(usages, this.#length))

  async recover(): Promise<void> {}

  stats(): never {
    throw new Error('not asked')
  }

  async close(): Promise<void> {}

  /** By state, application and metric: what the records say and what the ledger holds. They have to be equal. */
  compare(): { written: Amounts; held: Amounts } {
    const state = new UsageState()
    const steps = foldFile({ own: state, inherited: new UsageState() }, Buffer.concat(this.#parts), function* () {})
    while (!steps.next().done) {}
    const written: Amounts = {}
    for (const { service, id, waiting, sent } of state.applications) {
      for (const { usage } of waiting.rows)
        for (const [metric, n] of usage) add(written, ['waiting', service, id, metric], n)
      for (const [number, rows] of sent) {
        const { settlement } = state.batches.get(number)!
        if (settlement === 'acknowledged') continue
        const word = settlement === 'ambiguous' ? 'ambiguous' : 'inFlight'
        for (const { usage } of rows) for (const [metric, n] of usage) add(written, [word, service, id, metric], n)
      }
    }
    const held: Amounts = {}
    for (const { application, waiting, sent } of unsettledUsage(this.#ledger)) {
      const { id, service } = application
      const name = (slot: number) => service.metrics.nameOf(slot)
      for (const row of waiting) row.each((slot, n) => add(held, ['waiting', service.id, id, name(slot)], n))
      for (const { state: word, row } of sent) {
        if (word !== 'acknowledged') row.each((slot, n) => add(held, [word, service.id, id, name(slot)], n))
      }
    }
    return { written, held }
  }

  #append(encode: () => void): void {
    encode()
    this.#keep(this.#records.buffer)
  }

  #keep({ bytes, length }: RecordBuffer): void {
    this.#parts.push(Buffer.from(bytes.subarray(0, length)))
    this.#length += length
  }
}

function add(amounts: Amounts, key: readonly (string | undefined)[], amount: number): void {
  const name = key.join(' ')
  amounts[name] = (amounts[name] ?? 0) + amount
}
