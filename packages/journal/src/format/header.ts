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

/** foreign: no file of ours. version: of ours, in another version of the format. damaged: ours, without its header. */
export type HeaderProblem = 'foreign' | 'version' | 'damaged'

/** @returns the header and where the next record begins, or why there is none. */
export function readHeader(bytes: Buffer): { readonly header: FileHeader; readonly end: number } | HeaderProblem {
  if (!bytes.subarray(0, MAGIC_NAME_BYTES).equals(MAGIC.subarray(0, MAGIC_NAME_BYTES))) {
    // A process that died before it had written the first bytes.
    return bytes.length < MAGIC.length && MAGIC.subarray(0, bytes.length).every((byte, at) => byte === bytes[at])
      ? 'damaged'
      : 'foreign'
  }
  if (bytes.length === MAGIC_NAME_BYTES) return 'damaged'
  if (bytes[MAGIC_NAME_BYTES] !== MAGIC[MAGIC_NAME_BYTES]) return 'version'
  const first: RecordContent | Gap | undefined = recordsOf(bytes, MAGIC.length).next().value
  if (!(first instanceof RecordContent) || first.kind !== KIND.header) return 'damaged'
  try {
    return { header: JSON.parse(first.text()), end: first.end }
  } catch (error) {
    if (error instanceof UnreadableRecord || error instanceof SyntaxError) return 'damaged'
    throw error
  }
}
