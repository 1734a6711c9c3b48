/** Encodes records: length and checksum (four bytes each, little-endian), then the content. */
import { crc32 } from './crc32.ts'

/** Bytes before the content of a record. */
export const FRAME_BYTES = 8

/** The longest content of a record, in bytes. A longer one is damage. */
export const MAX_CONTENT_BYTES: number = 16 * 1024 * 1024

const FIRST_BYTES = 64 * 1024
/** Room that a number takes at most. */
const NUMBER_BYTES = 10

/** Collects records that are written at once. Made once and used for all records, because the hot path fills it. */
export class RecordBuffer {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  length = 0
  #start = 0

  clear(): void {
    this.length = 0
  }

  /** Bytes that belong to no record. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Begins a record. */
  begin(kind: number): void {
    this.#start = this.length
    this.#reserve(FRAME_BYTES + NUMBER_BYTES)
    this.length += FRAME_BYTES
    this.bytes[this.length++] = kind
  }

  /** Ends the record. @param fileOffset where the first record of the buffer will stand in its file. */
  end(fileOffset: number): void {
    const content = this.#start + FRAME_BYTES
    const size = this.length - content
    // Not `writeUInt32LE`, whose checks cost more than the four stores.
    this.#store(this.#start, size)
    this.#store(this.#start + 4, crc32(this.bytes, content, this.length, fileOffset + content))
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    this.#reserve(NUMBER_BYTES)
    let rest = value
    while (rest > 0x7fffffff) {
      this.bytes[this.length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  /** A whole number that may be negative. */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  text(value: string): void {
    const size = Buffer.byteLength(value)
    this.number(size)
    this.#reserve(size)
    this.length += this.bytes.write(value, this.length)
  }

  /** A text or nothing. */
  optionalText(value: string | undefined): void {
    this.number(value === undefined ? 0 : 1)
    if (value !== undefined) this.text(value)
  }

  #store(at: number, value: number): void {
    this.bytes[at] = value
    this.bytes[at + 1] = value >>> 8
    this.bytes[at + 2] = value >>> 16
    this.bytes[at + 3] = value >>> 24
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + more))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}
