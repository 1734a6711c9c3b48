/** The options of a file journal, and their check. */
import { resolve } from 'node:path'
import { ConfigError } from '@threescale/core'
import { mayHoldLock } from './directory/lock.ts'

export interface FileJournalOptions {
  /**
   * A directory on a disk of this machine, for journals alone; made when it is missing. Several processes, restarts and
   * containers may share it.
   */
  readonly directory: string
  /**
   * 'write' hands each record to the operating system, which survives the end of the process. 'disk' also asks the disk
   * to keep it, one call at a time, for the end of the machine. Default 'write'.
   */
  readonly sync?: 'write' | 'disk' | undefined
  /** The most bytes that the files of one gateway take. Default 67108864. */
  readonly maxBytes?: number | undefined
}

/** The defaults of a file journal's options. */
export const FILE_JOURNAL_DEFAULTS: Readonly<{ sync: 'write'; maxBytes: number }> = Object.freeze({
  sync: 'write',
  maxBytes: 64 * 1024 * 1024,
})

const MIN_BYTES = 64 * 1024

export type CheckedOptions = { readonly directory: string; readonly sync: 'write' | 'disk'; readonly maxBytes: number }

/** @throws ConfigError with every problem. */
export function checkFileJournal(
  options: FileJournalOptions,
  platform: NodeJS.Platform = process.platform,
): CheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(['fileJournal needs options such as { directory: "/var/lib/my-api/usage" }'])
  }
  const { directory, sync = FILE_JOURNAL_DEFAULTS.sync, maxBytes = FILE_JOURNAL_DEFAULTS.maxBytes } = options
  const problems = Object.keys(options)
    .filter((name) => !['directory', 'sync', 'maxBytes'].includes(name))
    .map((name) => `${name} is no option of fileJournal; there are directory, sync and maxBytes`)
  if (directory === undefined) problems.push('directory is missing; is an environment variable not set?')
  else if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    problems.push('directory must be the path of a directory')
  } else if (!mayHoldLock(resolve(directory), platform)) {
    problems.push('directory is too long for this system, which takes 100 bytes for a socket in a folder of it')
  }
  if (sync !== 'write' && sync !== 'disk') problems.push("sync must be 'write' or 'disk'")
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_BYTES) {
    problems.push(`maxBytes must be a whole number of at least ${MIN_BYTES}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { directory: resolve(directory), sync, maxBytes }
}
