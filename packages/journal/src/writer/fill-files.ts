/** Fills a new file with everything that is not settled, so that older files are over. */
import type { JournalHost } from '@threescale/core'
import { inSlices } from '../slices.ts'
import { appendWithin } from './room.ts'
import type { UsageFiles } from './usage-files.ts'

export interface FillOptions {
  readonly host: JournalHost
  readonly sync: 'write' | 'disk'
  readonly maxBytes: number
}

/**
 * Writes in slices, while the gateway goes on. What it tells meanwhile stands in the same file.
 *
 * @returns false when the files were begun anew meanwhile, so that they have to be filled again.
 * @throws the errors of the system, or without room; the file may be filled again.
 */
export async function fillFiles(files: UsageFiles, options: FillOptions): Promise<boolean> {
  const { segment } = files
  await inSlices(write(files, options))
  if (files.segment !== segment) return false
  await files.finish(options.sync === 'disk')
  return true
}

function* write(files: UsageFiles, { host, maxBytes }: FillOptions): Generator<void, void> {
  const { segment } = files
  for (const usage of host.unsettled()) {
    if (files.segment !== segment) return
    files.records.whole([usage], segment.size)
    appendWithin(files, maxBytes / 2)
    yield
  }
}
