/** A journal that writes into memory, for tests of the format. */
import type { JournalledBatch, JournalWriter } from '@threescale/core'
import { writeHeader } from '../../src/format/header.ts'
import { RecordBuffer } from '../../src/format/record-buffer.ts'
import { objectNumbers } from '../../src/writer/object-numbers.ts'
import { UsageRecords } from '../../src/writer/usage-records.ts'
import type { SmallLedger } from './small-ledger.ts'

export class WrittenBytes implements JournalWriter {
  bytes: Buffer
  readonly #records = new UsageRecords(new RecordBuffer(), objectNumbers())
  readonly #ledger: SmallLedger

  constructor(ledger: SmallLedger) {
    this.#ledger = ledger
    const buffer = new RecordBuffer()
    const header = { services: ['s1'], backend: 'http://b', machine: 'm', pid: 1, begunAt: 0 }
    writeHeader(buffer, header)
    this.bytes = Buffer.from(buffer.bytes.subarray(0, buffer.length))
    this.#append(() => this.#records.complete(header, this.bytes.length))
  }

  book: JournalWriter['book'] = (application, usage, time) =>
    this.#append(() => this.#records.book(application, usage, time, this.bytes.length))

  take = (batch: JournalledBatch, reserved: boolean): void =>
    this.#append(() => this.#records.take(batch, reserved, this.bytes.length))

  settle: JournalWriter['settle'] = (batch, to) =>
    this.#append(() => this.#records.settle(batch, to, this.#ledger.now(), this.bytes.length))

  retell: JournalWriter['retell'] = (...usages) => this.#append(() => this.#records.whole(usages, this.bytes.length))

  async recover(): Promise<void> {}

  stats = (): never => {
    throw new Error('not asked')
  }

  async close(): Promise<void> {}

  #append(encode: () => void): void {
    encode()
    const { bytes, length } = this.#records.buffer
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(0, length)])
  }
}
