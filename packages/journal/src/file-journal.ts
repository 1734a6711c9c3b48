/** Creates a journal of files in a directory. */
import type { Journal } from '@threescale/core'
import { checkFileJournal, type FileJournalOptions } from './options.ts'
import { FileWriter } from './writer/file-writer.ts'

const LOOK_MS = 60_000
const RETRY_MS = 1000

/**
 * Keeps usage in files of a directory until 3scale has counted it. Does nothing before a gateway's first request. One
 * journal may serve several gateways; each gets files of its own.
 *
 * @throws ConfigError with every problem of the options.
 */
export function fileJournal(options: FileJournalOptions): Journal {
  const checked = checkFileJournal(options)
  return Object.freeze({
    async open(host) {
      const writer = new FileWriter(host, { ...checked, lookMs: LOOK_MS, retryMs: RETRY_MS })
      await writer.begin()
      return writer
    },
  } satisfies Journal)
}
