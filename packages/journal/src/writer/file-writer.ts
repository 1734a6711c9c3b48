/** Writes the usage of one gateway: when a file is begun anew, and what happens when the disk takes nothing. */
import type {
  JournalHost,
  JournalledApplication,
  JournalledBatch,
  JournalledUsage,
  JournalSettlement,
  JournalStats,
  JournalWriter,
  UnsettledUsage,
} from '@threescale/core'
import { nextTurn } from '../slices.ts'
import { DiskSync } from './disk-sync.ts'
import type { FileWriterOptions } from './file-writer-options.ts'
import { fillFiles } from './fill-files.ts'
import { objectNumbers } from './object-numbers.ts'
import { appendWithin, meansFull } from './room.ts'
import { type Encode, takeOver } from './take-over.ts'
import { ToldOnce } from './told-once.ts'
import { UsageFiles } from './usage-files.ts'

/** A new file forgets the applications that the old one named, and so kept in memory (law 10). */
const MAX_NAMES = 50_000

export class FileWriter implements JournalWriter {
  // The hot path reads the first fields.
  #files: UsageFiles | undefined
  /** Whether admissions are not written, because the disk took none. */
  #failing = false
  #written = 0
  #renewAtBytes = 0
  #renewAtNames = 0
  readonly #sync: DiskSync | undefined
  readonly #host: JournalHost
  readonly #options: FileWriterOptions
  readonly #numbers = objectNumbers()
  readonly #told: ToldOnce
  /** What looks at folders or fills files, one after the other. */
  #turn: Promise<void> = Promise.resolve()
  #renewing = false
  /** Something failed since everything was last in the files. */
  #troubled = false
  #look: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false
  #unwritten = 0
  #recovered = 0

  constructor(host: JournalHost, options: FileWriterOptions) {
    this.#host = host
    this.#options = options
    this.#told = new ToldOnce((message) => host.tell(message))
    if (options.sync === 'disk') this.#sync = new DiskSync((error) => this.#failed(error))
  }

  /** Makes the files. Never rejects. */
  async begin(): Promise<void> {
    await this.#open()
    this.#look = setInterval(() => void this.recover(), this.#options.lookMs)
    this.#look.unref()
  }

  book(application: JournalledApplication, usage: JournalledUsage, time: number): void {
    const files = this.#files
    if (files === undefined || this.#failing) {
      this.#unwritten++
      return
    }
    files.records.book(application, usage, time, files.segment.size)
    try {
      appendWithin(files, this.#options.maxBytes / 2)
    } catch (error) {
      this.#unwritten++
      this.#failed(error)
      // Most of a file is over, so a new one may fit.
      this.#renew()
      return
    }
    this.#written++
    this.#sync?.wrote(files.segment)
    if (files.segment.size > this.#renewAtBytes || files.records.applications > this.#renewAtNames) this.#renew()
  }

  take(batch: JournalledBatch, reserved: boolean): void {
    this.#move((records, at) => records.take(batch, reserved, at))
  }

  settle(batch: JournalledBatch, to: JournalSettlement): void {
    this.#move((records, at) => records.settle(batch, to, this.#host.now(), at))
  }

  retell(...usages: readonly UnsettledUsage[]): void {
    this.#move((records, at) => records.whole(usages, at))
  }

  recover(): Promise<void> {
    return this.#queue(async () => {
      const files = this.#files
      if (files === undefined || this.#closed) return
      if (!files.home.exists) {
        this.#files = undefined
        files.close(true)
        return this.#failed({ code: 'ENOENT' })
      }
      await this.#takeOver(files)
      const [left] = this.#host.unsettled()
      if (left === undefined && files.segment.size > files.completeBytes) this.#renew()
    })
  }

  stats(): JournalStats {
    const fails = this.#troubled || this.#files === undefined
    return Object.freeze({
      state: this.#closed ? 'closed' : fails ? 'failing' : 'working',
      bytes: this.#files?.segment.size ?? 0,
      written: this.#written,
      unwritten: this.#unwritten,
      recovered: this.#recovered,
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#look)
    clearTimeout(this.#retry)
    this.#closed = true
    await this.#turn
    const files = this.#files
    if (files === undefined) return
    if (this.#options.sync === 'disk') await files.segment.sync().catch(() => {})
    // From here on in one step, so that nothing is booked that neither the files nor the ledger keep.
    this.#files = undefined
    const [left] = this.#host.unsettled()
    files.close(left === undefined)
  }

  /**
   * Writes a move of usage that stands in the files already. If it cannot be written, the files are removed: usage that
   * they show as waiting, and that was sent, would be counted twice after a crash.
   */
  #move(encode: Encode): void {
    const files = this.#files
    if (files !== undefined && !this.#append(encode)) this.#startOver(files)
  }

  /** @returns whether it is written. */
  #append(encode: Encode): boolean {
    const files = this.#files
    if (files === undefined) return false
    encode(files.records, files.segment.size)
    try {
      appendWithin(files, this.#options.maxBytes)
      this.#sync?.wrote(files.segment)
      return true
    } catch (error) {
      this.#failed(error)
      return false
    }
  }

  #startOver(files: UsageFiles): void {
    try {
      files.startOver()
      this.#renew()
    } catch (error) {
      this.#files = undefined
      files.close(true)
      this.#failed(error)
    }
  }

  async #open(): Promise<void> {
    await this.#queue(async () => {
      if (this.#files !== undefined || this.#closed) return
      const files = await UsageFiles.make(this.#options.directory, this.#host, this.#numbers)
      this.#files = files
      await this.#fill(files)
    })
  }

  /** Continues in a new file, if the last one is complete, and fills it with what is not settled. */
  #renew(): void {
    if (this.#renewing || this.#closed) return
    this.#renewing = true
    try {
      if (this.#files?.complete === true) this.#files.next()
    } catch (error) {
      this.#failed(error)
    }
    void this.#queue(async () => {
      // The turn has done its share: it has taken over usage, or lets requests go that waited for that.
      await nextTurn()
      this.#renewing = false
      const files = this.#files
      if (files !== undefined && !files.complete) await this.#fill(files)
    })
  }

  async #fill(files: UsageFiles): Promise<void> {
    this.#renewAtBytes = Number.POSITIVE_INFINITY
    this.#renewAtNames = Number.POSITIVE_INFINITY
    // From now on admissions must be written, because the file will not hold those of applications it has passed.
    this.#failing = false
    const { maxBytes } = this.#options
    const filled = await fillFiles(files, { ...this.#options, host: this.#host })
    if (!filled || this.#files !== files) return
    this.#renewAtNames = Math.max(MAX_NAMES, 2 * files.records.applications)
    this.#renewAtBytes = Math.max(maxBytes / 8, Math.min(2 * files.completeBytes, maxBytes / 2))
    if (!this.#troubled || this.#failing) return
    this.#troubled = false
    this.#told.works(files.home.folder)
  }

  async #takeOver(files: UsageFiles): Promise<void> {
    const wroteAt = files.segment.touch()
    if (wroteAt === undefined) return
    const taken = await takeOver({
      ...files.header,
      host: this.#host,
      directory: this.#options.directory,
      owner: files.home.owner,
      folder: files.home.folder,
      wroteAt,
      numbers: this.#numbers,
      append: (encode) => this.#append(encode),
      move: (encode) => this.#move(encode),
      told: this.#told,
    })
    this.#recovered += taken
    if (taken > 0) this.#renew()
  }

  #queue(task: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(task).catch((error) => this.#failed(error))
    return this.#turn
  }

  #failed(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    this.#failing = true
    this.#troubled = true
    this.#told.tell(meansFull(error as NodeJS.ErrnoException) ? 'full' : 'failed', this.#options.directory, { code })
    if (this.#retry !== undefined || this.#closed) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      if (this.#files === undefined) void this.#open().then(() => this.recover())
      else this.#renew()
    }, this.#options.retryMs)
    this.#retry.unref()
  }
}
