/** One file of records, written at its end. */
import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { MAGIC } from '../format/kinds.ts'
import type { RecordBuffer } from '../format/record-buffer.ts'

export class Segment {
  readonly path: string
  readonly number: number
  /** Bytes of whole records. */
  size = 0
  readonly #descriptor: number
  #closed = false

  /** Makes the file. @throws the errors of the system. */
  constructor(path: string, number: number) {
    this.path = path
    this.number = number
    this.#descriptor = openSync(path, 'wx', 0o600)
  }

  /** Writes the buffer, whole or not at all. @throws the errors of the system. */
  append(buffer: RecordBuffer): void {
    const { bytes, length } = buffer
    let written = 0
    try {
      // One call, except where the disk takes only a part.
      while (written < length) {
        written += writeSync(this.#descriptor, bytes, written, length - written, this.size + written)
      }
    } catch (error) {
      if (written > 0) this.#cutOff()
      throw error
    }
    this.size += length
  }

  /**
   * Shows that the process lives to machines that see no lock of it.
   *
   * @returns the time of the file, by the clock of the file system, epoch milliseconds; undefined when it cannot be told.
   */
  touch(): number | undefined {
    try {
      // Not `futimes`, which would set the time of our own clock.
      writeSync(this.#descriptor, MAGIC, 0, 1, 0)
      return fstatSync(this.#descriptor).mtimeMs
    } catch {
      return undefined
    }
  }

  /** Resolves when what was written before stands on the disk, or when the file is closed, because then it is void. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return resolve()
      fdatasync(this.#descriptor, (error) => (error === null || this.#closed ? resolve() : reject(error)))
    })
  }

  /** Again does nothing, because the descriptor may be another file's by then. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#descriptor)
  }

  #cutOff(): void {
    try {
      ftruncateSync(this.#descriptor, this.size)
    } catch {
      // The next record overwrites the part; readers pass over what is left of it.
    }
  }
}
