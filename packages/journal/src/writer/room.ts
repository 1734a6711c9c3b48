/** The bound on the bytes of a gateway's files, and what else means that there is no room. */
import type { UsageFiles } from './usage-files.ts'

/** The bound `maxBytes` is reached. */
class NoRoom extends Error {
  readonly code = 'ENOROOM'
}

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'ENOROOM'])

/** Whether an error says that there is no room. */
export function meansFull({ code }: NodeJS.ErrnoException): boolean {
  return FULL.has(code)
}

/** Appends the records that wait, if the file stays within a size. @throws the errors of the system, or without room. */
export function appendWithin(files: UsageFiles, bytes: number): void {
  if (files.segment.size + files.waitingBytes > bytes) {
    files.records.forget()
    throw new NoRoom()
  }
  files.append()
}
