/** Adds up rows that were sent, because their response codes matter no more once they are acknowledged. */
import type { ApplicationLedger } from '../application-ledger.ts'
import { fits } from './compact.ts'
import type { UsageRow } from './usage-row.ts'

interface Row {
  readonly application: ApplicationLedger
  readonly row: UsageRow
}

/** Merges rows of the same application and minute. @returns the same array when there are none. */
export function mergeMinutes<One extends Row>(rows: readonly One[]): readonly One[] {
  const kept: One[] = []
  const byApplication = new Map<ApplicationLedger, UsageRow[]>()
  for (const one of rows) {
    const { application, row } = one
    const others = byApplication.get(application)
    const into = others?.find((other) => other.minute === row.minute && other.resent === row.resent && fits(other, row))
    if (into !== undefined) {
      row.each((slot, amount) => into.add(slot, amount))
      into.ownTransaction = undefined
      continue
    }
    if (others === undefined) byApplication.set(application, [row])
    else others.push(row)
    kept.push(one)
  }
  return kept.length === rows.length ? rows : kept
}
