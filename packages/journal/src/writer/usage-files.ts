/** The files of a living process: the one that is written, and older ones until it holds everything. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalHost } from '@threescale/core'
import { Home } from '../directory/home.ts'
import { machineName } from '../directory/machine.ts'
import { INHERITED, SEGMENT, segmentName } from '../directory/names.ts'
import { type FileHeader, writeHeader } from '../format/header.ts'
import { RecordBuffer } from '../format/record-buffer.ts'
import type { ObjectNumbers } from './object-numbers.ts'
import { Segment } from './segment.ts'
import { UsageRecords } from './usage-records.ts'

export class UsageFiles {
  readonly home: Home
  /** The records of the file that is written. */
  records: UsageRecords
  segment: Segment
  /** Whether the file holds everything that is not settled. */
  complete = false
  /** Bytes of the file when it was complete. */
  completeBytes = 0
  readonly #buffer = new RecordBuffer()
  readonly #numbers: ObjectNumbers
  readonly #header: Omit<FileHeader, 'begunAt'>
  readonly #older: Segment[] = []
  #begunAt = 0

  /** @throws the errors of the system. */
  static async make(directory: string, host: JournalHost, numbers: ObjectNumbers): Promise<UsageFiles> {
    const { services, backend } = host
    const header = {
      services: services.map((service) => service ?? null),
      backend,
      machine: machineName(),
      pid: process.pid,
    }
    const home = await Home.make(directory)
    try {
      return new UsageFiles(home, header, numbers)
    } catch (error) {
      home.remove()
      throw error
    }
  }

  private constructor(home: Home, header: Omit<FileHeader, 'begunAt'>, numbers: ObjectNumbers) {
    this.home = home
    this.#numbers = numbers
    this.#header = header
    this.records = new UsageRecords(this.#buffer, this.#numbers)
    this.segment = this.#create(1)
  }

  get header(): Omit<FileHeader, 'begunAt'> {
    return this.#header
  }

  /** Appends what `records` has left in the buffer. @throws the errors of the system; nothing is appended then. */
  append(): void {
    try {
      this.segment.append(this.#buffer)
    } catch (error) {
      this.records.forget()
      throw error
    }
  }

  /** Bytes that wait to be appended. */
  get waitingBytes(): number {
    return this.#buffer.length
  }

  /** Continues in a new file, which is not complete yet. @throws the errors of the system; nothing changes then. */
  next(): void {
    const segment = this.#create(this.segment.number + 1)
    this.#older.push(this.segment)
    this.segment = segment
    this.records = new UsageRecords(this.#buffer, this.#numbers)
    this.complete = false
  }

  /** Notes that the file holds everything, and removes all older ones. @throws the errors of the system. */
  async finish(sync: boolean): Promise<void> {
    this.records.complete({ ...this.#header, begunAt: this.#begunAt }, this.segment.size)
    this.append()
    this.complete = true
    this.completeBytes = this.segment.size
    if (sync) await this.segment.sync()
    this.#removeOlder()
  }

  /** Removes everything and begins anew, because what happened could not be written. @throws the errors of the system. */
  startOver(): void {
    this.segment.close()
    const number = this.segment.number + 1
    this.#removeOlder(number)
    this.segment = this.#create(number)
    this.records = new UsageRecords(this.#buffer, this.#numbers)
    this.complete = false
  }

  close(remove: boolean): void {
    for (const segment of [...this.#older.splice(0), this.segment]) segment.close()
    if (remove) this.home.remove()
    else this.home.leave()
  }

  #create(number: number): Segment {
    const segment = new Segment(join(this.home.folder, segmentName(number)), number)
    try {
      this.#begunAt = Date.now()
      this.#buffer.clear()
      writeHeader(this.#buffer, { ...this.#header, begunAt: this.#begunAt })
      segment.append(this.#buffer)
      return segment
    } catch (error) {
      segment.close()
      rmSync(segment.path, { force: true })
      throw error
    }
  }

  /** Never throws: what stays is void, and goes with the next complete file. */
  #removeOlder(below: number = this.segment.number): void {
    for (const segment of this.#older.splice(0)) segment.close()
    try {
      for (const name of readdirSync(this.home.folder)) {
        const [, number] = SEGMENT.exec(name) ?? []
        const older = number !== undefined && Number(number) < below
        if (older || INHERITED.test(name)) rmSync(join(this.home.folder, name), { recursive: true, force: true })
      }
    } catch {}
  }
}
