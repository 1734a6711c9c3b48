/** Keeps the list of waiting rows short while the backend cannot be reached. */
import { HOUR_MS, MINUTE_MS } from '../../domain/period.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import type { UsageRow } from './usage-row.ts'
import { eachRow } from './waiting-rows.ts'

// The backend keeps minute counters for three minutes, so older rows may be merged by the hour.
const MINUTE_COUNTERS_MS = 5 * MINUTE_MS

/** Merges rows of the same minute, and older rows of the same hour. */
export function compact(application: ApplicationLedger): void {
  const { ledger } = application.service
  const rows: UsageRow[] = []
  eachRow(application.pending, (row) => rows.push(row))
  if (rows.length < 2) return
  const fineAfter = application.service.at(ledger.clock.now()) - MINUTE_COUNTERS_MS
  const kept = new Map<string, UsageRow>()
  const full: UsageRow[] = []
  for (const row of rows.sort((a, b) => b.minute - a.minute)) {
    const grain = row.minute < fineAfter ? HOUR_MS : MINUTE_MS
    const key = `${grain} ${Math.floor(row.minute / grain)} ${row.resent}`
    const into = kept.get(key)
    if (into === undefined) kept.set(key, row)
    else if (fits(into, row)) ledger.recordsChanged(-merge(into, row))
    else full.push(row)
  }
  application.pending = undefined
  for (const row of [...full, ...kept.values()].sort((a, b) => a.minute - b.minute)) {
    row.next = application.pending
    application.pending = row
  }
}

/** Whether the sums stay numbers that the backend can hold. */
export function fits(into: UsageRow, row: UsageRow): boolean {
  let safe = true
  row.each((slot, amount) => {
    if (into.amountOf(slot) + amount > Number.MAX_SAFE_INTEGER) safe = false
  })
  return safe
}

/** @returns by how many records the merge is shorter. */
function merge(into: UsageRow, row: UsageRow): number {
  const records = into.records + row.records
  row.each((slot, amount) => into.add(slot, amount))
  return records - into.records
}
