/** `@threescale/journal`: usage that outlives the process. */
export { fileJournal } from './file-journal.ts'
export type { FileJournalOptions } from './options.ts'
