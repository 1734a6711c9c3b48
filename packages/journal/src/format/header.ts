/** The first record of a file: which gateway, process and machine wrote it. */
import { KIND, MAGIC, MAGIC_NAME_BYTES } from './kinds.ts'
import type { RecordBuffer } from './record-buffer.ts'
import { type Gap, RecordContent, recordsOf, UnreadableRecord } from './record-reader.ts'

export interface FileHeader {
  /** Ids of the services of the gateway; null: a provider's default service. */
  readonly services: readonly (string | null)[]
  /** Names the backend of the gateway. Services of different backends are different services. */
  readonly backend: string
  /** Names the machine between two starts of it, for all containers on it. */
  readonly machine: string
  /** For people only: process ids of containers mean nothing to each other. */
  readonly pid: number
  /** When the file was begun, epoch milliseconds. */
  readonly begunAt: number
}

/** Writes the first bytes of a file into an empty buffer. */
export function writeHeader(buffer: RecordBuffer, header: FileHeader): void {
  buffer.raw(MAGIC)
  buffer.begin(KIND.header)
  buffer.text(JSON.stringify(header))
  buffer.end(0)
}

/** Bytes of a file that has a header and a record behind it; a smaller one has told nothing. */
export const SMALLEST_FILE = 64

/**
 * - foreign: no file of ours.
 * - version: of ours, in another version of the format.
 * - damaged: of ours, without its header; the records behind it can be read.
 */
export type HeaderProblem = 'foreign' | 'version' | 'damaged'

/** @returns the header and where records begin that can be read, or why there is none. */
export function readHeader(bytes: Buffer): { readonly header: FileHeader; readonly end: number } | HeaderProblem {
  const first = recordsOf(bytes, MAGIC.length).next().value
  const header = first instanceof RecordContent ? headerIn(first) : undefined
  const named = MAGIC.subarray(0, Math.min(MAGIC_NAME_BYTES, bytes.length)).every((byte, at) => byte === bytes[at])
  // A checksum that is right proves that it is ours, whatever became of the bytes before.
  if (header !== undefined && !named) return { header, end: 0 }
  if (!named) return 'foreign'
  if (bytes.length > MAGIC_NAME_BYTES && bytes[MAGIC_NAME_BYTES] !== MAGIC[MAGIC_NAME_BYTES]) return 'version'
  if (header !== undefined) return { header, end: (first as RecordContent).end }
  for (const record of recordsOf(bytes, MAGIC.length)) {
    const again = record instanceof RecordContent ? headerIn(record) : undefined
    if (again !== undefined) return { header: again, end: MAGIC.length }
  }
  return 'damaged'
}

/** The record that says that a file is complete repeats its header. */
function headerIn(record: RecordContent): FileHeader | undefined {
  if (record.kind !== KIND.header && record.kind !== KIND.complete) return undefined
  try {
    return JSON.parse(record.text())
  } catch (error) {
    if (error instanceof UnreadableRecord || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The records that can be read, and the gaps between them. */
export function* recordsIn(bytes: Buffer): Generator<RecordContent | Gap> {
  const head = readHeader(bytes)
  if (head === 'foreign' || head === 'version') yield { start: 0, end: bytes.length }
  else yield* recordsOf(bytes, head === 'damaged' ? MAGIC.length : head.end)
}
