/** Random moves of usage. */
import fc from 'fast-check'
import type { SmallLedger } from './small-ledger.ts'

/** What happens next; each number picks among what there is. */
export interface Move {
  readonly kind: (typeof KINDS)[number]
  readonly pick: number
  readonly amount: number
}

const KINDS = [
  'book',
  'book',
  'book',
  'take',
  'sending',
  'acknowledged',
  'ambiguous',
  'waiting',
  'resent',
  'given-up',
  'maybe-counted',
  'drop',
  'reserve',
  'undone',
  'unproved',
  'adopt',
  'forget',
  'later',
] as const

const NAMES = ['a', 'b', 'application with a long name', 'ü', '']
const METRICS = ['hits', 'words', 'ü "metric"']

export const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    pick: fc.nat(1000),
    amount: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 })),
  }),
  { minLength: 1, maxLength: 40 },
)

/** Plays a move, and tells the ledger's journal. */
export function play(ledger: SmallLedger, { kind, pick, amount }: Move): void {
  const application = ledger.application(NAMES[pick % NAMES.length]!, ledger.services[pick % ledger.services.length])
  const unproved = ledger.application(undefined, application.service.id)
  const batch = ledger.batches[pick % Math.max(1, ledger.batches.length)]
  switch (kind) {
    case 'book':
      ledger.book(application, {
        [METRICS[pick % METRICS.length]!]: amount,
        ...(pick % 2 === 0 && { calls: 1 }),
      })
      return
    case 'unproved':
      ledger.book(unproved, { hits: amount })
      return
    case 'adopt':
      ledger.adopt(unproved, application)
      return
    case 'forget':
      ledger.forget(pick % 2 === 0 ? application : unproved)
      return
    case 'take':
      ledger.take(application.service.id)
      return
    case 'drop':
      ledger.drop(application)
      return
    case 'reserve':
      ledger.reserve(application, amount)
      return
    case 'later':
      ledger.time += 60_000 * (pick % 3)
      return
    case 'undone':
      if (batch?.reserved === true && batch.state === 'inFlight') ledger.settle(batch, kind)
      return
    case 'sending':
      if (batch?.state === 'inFlight' && !batch.reserved) ledger.settle(batch, kind)
      return
    case 'acknowledged':
      if (batch?.state === 'inFlight') ledger.settle(batch, kind)
      return
    default:
      if (batch !== undefined && batch.state !== 'acknowledged' && !batch.reserved) ledger.settle(batch, kind)
  }
}
