/** What files say, in the words of the small ledger's totals. */
import type { ReadFolder } from '../../src/directory/read-folder.ts'
import { readHeader } from '../../src/format/header.ts'
import { settleAtDeath } from '../../src/state/at-death.ts'
import { foldFile } from '../../src/state/fold-file.ts'
import { type FoldedFolder, foldFolder } from '../../src/state/fold-folder.ts'
import { UsageState } from '../../src/state/usage-state.ts'
import { type Totals, UNPROVED } from './small-ledger.ts'

/** Runs a generator to its end. */
export function run<Result>(steps: Iterator<void, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** What a process that takes over the bytes of one file finds. */
export function readBytes(bytes: Buffer): { totals: Totals; damaged: boolean; torn: number } {
  const state = new UsageState()
  const { damagedBytes, tornBytes } = run(foldFile({ own: state, inherited: new UsageState() }, bytes, function* () {}))
  settleAtDeath(state, 0, damagedBytes > 0)
  return { totals: totalsOf(state), damaged: damagedBytes > 0, torn: tornBytes }
}

/** What a process that takes over a folder finds. */
export function readAtDeath(folder: ReadFolder): FoldedFolder & { totals: Totals } {
  const folded = run(foldFolder(folder))
  settleAtDeath(folded.state, 0, folded.damaged)
  return { ...folded, totals: totalsOf(folded.state) }
}

/** Bytes of a file without its records. */
export const headBytes = (bytes: Buffer): number => (readHeader(bytes) as { end: number }).end

function totalsOf(state: UsageState): Totals {
  const totals: Totals = {}
  const add = (word: string, service: string | undefined, id: string | undefined, rows: Iterable<Row>) => {
    for (const { minute, resent, usage } of rows) {
      for (const [metric, amount] of usage) {
        const key = [word, service, id ?? UNPROVED, minute, metric, resent].join(' ')
        totals[key] = (totals[key] ?? 0) + amount
      }
    }
  }
  for (const { service, id, waiting, maybeCounted, sent } of state.applications) {
    add('waiting', service, id, waiting.rows)
    add('maybe-counted', service, id, maybeCounted)
    for (const [number, rows] of sent) add(state.batches.get(number)!.settlement, service, id, rows)
  }
  return totals
}

type Row = { readonly minute: number; readonly resent: boolean; readonly usage: ReadonlyMap<string, number> }
