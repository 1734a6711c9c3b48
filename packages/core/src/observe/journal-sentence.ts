/** What the operator is told of a journal, in one sentence with what to do. */
import type { JournalMessage } from './messages.ts'

/** Events that need the operator; the others are only noted. */
export const JOURNAL_TROUBLE: ReadonlySet<JournalMessage['event']> = new Set([
  'damaged',
  'foreign',
  'version',
  'other-services',
  'unreadable',
  'full',
  'failed',
])

const SENTENCES: Readonly<Record<JournalMessage['event'], string>> = {
  recovered: 'the usage of a process that died was taken over from the journal',
  torn: 'a file of the journal ends within a record, because its process died; nothing is lost by that',
  damaged: 'records of the journal are unreadable; the usage of their process counts as ambiguous',
  foreign:
    'the directory of the journal holds a file that is none of a journal; give the journal a directory of its own',
  version: 'the journal holds files of another version of the format; start that version once to have them reported',
  'other-services':
    'the journal holds usage of other services; start a gateway for them, or give each a directory of its own',
  unreadable: 'files of the journal cannot be read; look at their owner and permissions',
  full: 'the journal has no room; requests go on, but usage does not outlive the process until there is room',
  failed: 'the journal cannot be written; requests go on, but usage does not outlive the process until it can be',
  working: 'the journal is written again',
}

export function journalSentence({ event }: JournalMessage): string {
  return SENTENCES[event]
}
