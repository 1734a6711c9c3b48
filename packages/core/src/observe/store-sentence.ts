/** What the operator is told of a store that processes share, in one sentence with what to do. */
import type { StoreMessage } from './messages.ts'

/** Events that need the operator; the others are only noted. */
export const STORE_TROUBLE: ReadonlySet<StoreMessage['event']> = new Set(['failing', 'emptied', 'evicting'])

const SENTENCES: Readonly<Record<StoreMessage['event'], string>> = {
  shared: 'the store answers; all processes count as one',
  failing: 'the store does not answer; onUnavailable decides about limited applications until it does',
  recovered: 'the store had lost its last writes; this process has booked them again',
  emptied: 'the store had lost everything; what was not reported is booked again; turn its persistence on',
  evicting: 'the store may drop counts when its memory is short; set its maxmemory-policy to noeviction',
}

export function storeSentence({ event }: StoreMessage): string {
  return SENTENCES[event]
}
