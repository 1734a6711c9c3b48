/** One transaction of a batch, and what to do with several of them. */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { type Amounts, addAmount, type MetricTable } from '../plan/metric-table.ts'
import type { Delivery, Gone } from './delivery.ts'
import { giveUp } from './losses.ts'
import { retell } from './retell.ts'
import type { SentRow } from './sent-row.ts'
import type { UsageRow } from './usage-row.ts'

/** One transaction of a batch. */
export interface BatchRow {
  readonly application: ApplicationLedger
  readonly row: UsageRow
}

// An outage leaves one batch without an answer, so an application with more rows than this has other problems.
const MAX_MAYBE_COUNTED = 100

/** Notes in the application that the row travels in a delivery. */
export function attach(application: ApplicationLedger, row: UsageRow, delivery: Delivery): void {
  const isListed = row.delivery !== undefined
  row.delivery = delivery
  if (isListed) return
  const sent = row as SentRow
  // Not pushed into an empty array, because V8 would reserve memory for many more rows.
  if (application.sent === undefined) application.sent = [sent]
  else application.sent.push(sent)
}

/** Notes that an application's rows of a delivery travel in it no more. */
export function detach(application: ApplicationLedger, delivery: Delivery): void {
  keepSent(application, (sent) => sent.delivery !== delivery)
}

/** Forgets that the other rows of an application were sent. They lose their delivery, also for who still lists them. */
export function keepSent(application: ApplicationLedger, isKept: (sent: SentRow) => boolean): void {
  const rest = application.sent?.filter((sent) => {
    const kept = isKept(sent)
    if (!kept) (sent as UsageRow).delivery = undefined
    return kept
  })
  application.sent = rest === undefined || rest.length === 0 ? undefined : rest
}

/** Adds the usage of all rows to the amounts, or takes it out of them. */
export function addRows(amounts: Amounts, rows: readonly BatchRow[], sign: 1 | -1): void {
  const add = (slot: number, amount: number) => void addAmount(amounts, slot, sign * amount)
  for (const { row } of rows) row.each(add)
}

/** Whether the row has usage of what is gone. */
export function holds({ application, row }: BatchRow, gone: Gone): boolean {
  if (gone.kind === 'application') return application.id === gone.id
  return gone.kind === 'metric' && row.amountOf(gone.slot) > 0
}

/** The metrics of the rows that no answer has proved since then, by elapsed time. */
export function unprovedSlots(rows: readonly BatchRow[], metrics: MetricTable, since: number): Set<number> {
  const slots = new Set<number>()
  for (const { row } of rows) {
    row.each((slot) => {
      if (metrics.provedAt(slot) < since) slots.add(slot)
    })
  }
  return slots
}

/** The applications to ask about: those that are not confirmed, and one for each metric that is not proved. */
export function applicationsToAsk(
  rows: readonly BatchRow[],
  unconfirmed: ReadonlySet<string> | undefined,
  unproved: Set<number>,
): Set<ApplicationLedger> {
  const open = new Set<ApplicationLedger>()
  for (const { application, row } of rows) {
    let toAsk = unconfirmed?.has(application.id!) === true
    row.each((slot) => {
      if (unproved.delete(slot)) toAsk = true
    })
    if (toAsk) open.add(application)
  }
  return open
}

/** Takes the usage of what is gone out of the rows. The rows that are left are in `rest`. */
export function takeOutGone(rows: readonly BatchRow[], gone: Gone): { parts: BatchRow[]; rest: BatchRow[] } {
  const parts: BatchRow[] = []
  const rest: BatchRow[] = []
  for (const one of rows) {
    if (!holds(one, gone)) {
      rest.push(one)
    } else if (gone.kind === 'metric') {
      parts.push({ application: one.application, row: one.row.takeOut(gone.slot)! })
      if (one.row.records > 0) rest.push(one)
    } else {
      parts.push(one)
    }
  }
  return { parts, rest }
}

/** Gives up rows of several applications. `counted`: the backend may have counted them, so the cells keep them. */
export function giveUpRows(all: readonly BatchRow[], reason: LossReason, counted: boolean): void {
  const byApplication = new Map<ApplicationLedger, UsageRow[]>()
  for (const { application, row } of all) {
    const rows = byApplication.get(application)
    if (rows === undefined) byApplication.set(application, [row])
    else rows.push(row)
  }
  for (const [application, rows] of byApplication) {
    giveUp(application, rows, reason, counted)
    if (counted) keepMaybeCounted(application, rows)
  }
}

/** Gives up what was taken out of a batch because it is gone. */
export function giveUpGone(parts: readonly BatchRow[], { kind }: Gone): void {
  // The parents of a metric may have counted it. A deleted application has no counts.
  if (kind === 'metric') giveUpRows(parts, 'metric_gone', true)
  else giveUpRows(parts, 'application_gone', false)
  for (const { application } of parts) retell(application)
}

/** Keeps one row per minute, because each request may bring another while answers are lost. */
export function keepMaybeCounted(application: ApplicationLedger, rows: readonly UsageRow[]): void {
  const kept = [...(application.maybeCounted ?? [])]
  for (const row of rows) {
    const same = kept.find(({ minute }) => minute === row.minute)
    if (same === undefined) kept.push(row)
    else row.each((slot, amount) => same.add(slot, amount))
  }
  application.maybeCounted = kept.slice(-MAX_MAYBE_COUNTED)
}
