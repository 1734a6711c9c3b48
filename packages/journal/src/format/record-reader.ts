/** Finds the records of a file that are whole, and says what lies between and behind them. */
import { crc32 } from './crc32.ts'
import { FRAME_BYTES, MAX_CONTENT_BYTES } from './record-buffer.ts'

/** The content of a record, read from front to back. */
export class RecordContent {
  readonly kind: number
  /** Where the record ends in its file. */
  readonly end: number
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes
    this.kind = bytes[at]!
    this.#at = at + 1
    this.end = end
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      if (this.#at >= this.end || scale > 2 ** 49) throw new UnreadableRecord()
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  text(): string {
    const size = this.number()
    if (this.#at + size > this.end) throw new UnreadableRecord()
    this.#at += size
    return this.#bytes.toString('utf8', this.#at - size, this.#at)
  }

  optionalText(): string | undefined {
    return this.number() === 0 ? undefined : this.text()
  }
}

/** A record whose checksum is right and whose content makes no sense: it was written by another program. */
export class UnreadableRecord extends Error {}

/** A part of a file that holds no whole record. */
export interface Gap {
  readonly start: number
  readonly end: number
}

/** The whole records from `start` on, in order, and the gaps between them; a gap at the end is the torn end. */
export function* recordsOf(bytes: Buffer, start: number): Generator<RecordContent | Gap> {
  let at = start
  while (at < bytes.length) {
    const record = recordAt(bytes, at)
    if (record !== undefined) {
      yield record
      at = record.end
      continue
    }
    let next = at + 1
    while (next < bytes.length && recordAt(bytes, next) === undefined) next++
    yield { start: at, end: next }
    at = next
  }
}

function recordAt(bytes: Buffer, at: number): RecordContent | undefined {
  if (at + FRAME_BYTES >= bytes.length) return undefined
  const size = bytes.readUInt32LE(at)
  const content = at + FRAME_BYTES
  if (size === 0 || size > MAX_CONTENT_BYTES || content + size > bytes.length) return undefined
  if (crc32(bytes, content, content + size, content) !== bytes.readUInt32LE(at + 4)) return undefined
  return new RecordContent(bytes, content, content + size)
}
