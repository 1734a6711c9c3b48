/** Gives waiting usage a stamp that the backend accepts: it drops a batch with one that is too old or too far ahead. */
import { MINUTE_MS } from '../../domain/period.ts'
import { MAX_STAMP_AGE_MS } from '../../domain/transaction.ts'
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { compact } from './compact.ts'
import { giveUp } from './losses.ts'
import { retell } from './retell.ts'
import { recordsOf, type UsageRow } from './usage-row.ts'
import { eachRow, takeWaiting } from './waiting-rows.ts'

// How far a stamp may be ahead of the service's time. The backend drops a batch with one more than an hour ahead.
const MAX_STAMP_AHEAD_MS = 55 * MINUTE_MS

/**
 * Stamps usage more than 55 minutes ahead with `time`, the service's. Usage older than 23 hours too, or it is given up
 * for the reason `late`.
 */
export function renewStamps(application: ApplicationLedger, late: 're-stamp' | LossReason, time: number): void {
  let anyWrong = false
  const check = ({ minute }: UsageRow) => {
    anyWrong ||= minute < time - MAX_STAMP_AGE_MS || minute > time + MAX_STAMP_AHEAD_MS
  }
  eachRow(application.pending, check)
  eachRow(application.ownTransactions, check)
  if (!anyWrong) return
  const tooLate: UsageRow[] = []
  for (const row of takeWaiting(application)) {
    const old = row.minute < time - MAX_STAMP_AGE_MS
    if (old && late !== 're-stamp') {
      tooLate.push(row)
      continue
    }
    if (old || row.minute > time + MAX_STAMP_AHEAD_MS) {
      application.shift(row, -1)
      row.stamp(time)
      application.shift(row, 1)
    }
    application.wait(row)
  }
  compact(application)
  const { ledger } = application.service
  ledger.recordsChanged(-recordsOf(tooLate))
  if (late !== 're-stamp') giveUp(application, tooLate, late, false)
  retell(application)
  ledger.markBusy(application)
}
