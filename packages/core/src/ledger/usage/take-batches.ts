/** Forms batches of waiting usage: as large as the backend takes, without a transaction that could sink the others. */
import { MAX_PARAMETERS, MAX_TRANSACTIONS } from '../../client/encode/report-batches.ts'
import { MINUTE_MS } from '../../domain/period.ts'
import { MAX_STAMP_AGE_MS } from '../../domain/transaction.ts'
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import type { ServiceLedger } from '../service-ledger.ts'
import { Batch, type BatchRow } from './batch.ts'
import { compact } from './compact.ts'
import { giveUp } from './losses.ts'
import { recordsOf, type UsageRow } from './usage-row.ts'
import { takeWaiting } from './waiting-rows.ts'

// How far a stamp may be ahead of the service's time. The backend drops a batch with one more than an hour ahead.
const MAX_STAMP_AHEAD_MS = 55 * MINUTE_MS

export interface TakeOptions {
  /** Applications and metrics that were proved longer ago than this, in milliseconds, get batches of their own. */
  readonly provedWithinMs: number
  /** What happens to usage older than 23 hours: stamped with the present, or given up for a reason. */
  readonly late: 're-stamp' | LossReason
  /** Only these applications; default all of the service. */
  readonly only?: ReadonlySet<ApplicationLedger> | undefined
}

/** Takes all usage of a service that may be sent. The batches are in flight from now on. */
export function takeBatches(service: ServiceLedger, options: TakeOptions): Batch[] {
  const now = service.ledger.clock.now()
  const provedSince = now - options.provedWithinMs
  const common: BatchRow[] = []
  const separate: BatchRow[][] = []
  for (const application of service.busyApplications()) {
    if (application.id === undefined) continue
    if (options.only !== undefined && !options.only.has(application)) continue
    const rows = takeSendable(application, options.late, service.at(now)).map((row) => ({ application, row }))
    if (application.provedAt >= provedSince) splitByProof(rows, provedSince, common, separate)
    else if (rows.length > 0) separate.push(rows)
  }
  return [common, ...separate].flatMap((rows) => cut(rows).map((part) => new Batch(service, part)))
}

/** Whether the application or one of its waiting metrics lacks a recent proof. */
export function needsProof(application: ApplicationLedger, provedWithinMs: number): boolean {
  const { service, pending, ownTransactions } = application
  const since = service.ledger.clock.now() - provedWithinMs
  if (pending === undefined && ownTransactions === undefined) return false
  return application.provedAt < since || unprovedMetrics(application, since).length > 0
}

/** Metrics with waiting usage, for the question that proves them. */
export function waitingMetrics(application: ApplicationLedger): string[] {
  return unprovedMetrics(application, Number.POSITIVE_INFINITY)
}

function unprovedMetrics(application: ApplicationLedger, since: number): string[] {
  const { metrics } = application.service
  const slots = new Set<number>()
  for (const first of [application.pending, application.ownTransactions]) {
    for (let row = first; row !== undefined; row = row.next) {
      row.each((slot) => {
        if (metrics.provedAt(slot) < since) slots.add(slot)
      })
    }
  }
  return [...slots].map((slot) => metrics.nameOf(slot))
}

function takeSendable(application: ApplicationLedger, late: TakeOptions['late'], time: number): UsageRow[] {
  const { ledger } = application.service
  const tooLate: UsageRow[] = []
  const sendable: UsageRow[] = []
  const misstamped: UsageRow[] = []
  for (const row of takeWaiting(application)) {
    if (row.minute < time - MAX_STAMP_AGE_MS) (late === 're-stamp' ? misstamped : tooLate).push(row)
    else if (row.minute > time + MAX_STAMP_AHEAD_MS) misstamped.push(row)
    else if (row.ownTransaction?.awaitsResponse === true) application.wait(row)
    else sendable.push(row)
  }
  for (const row of misstamped) {
    application.shift(row, -1)
    row.stamp(time)
    application.shift(row, 1)
    application.wait(row)
  }
  if (misstamped.length > 0) {
    compact(application)
    for (const row of takeWaiting(application)) {
      if (row.ownTransaction?.awaitsResponse === true) application.wait(row)
      else sendable.push(row)
    }
  }
  ledger.recordsChanged(-recordsOf(tooLate) - recordsOf(sendable))
  if (late !== 're-stamp') giveUp(application, tooLate, late, false)
  // Otherwise the constructor of their batch does this before the ledger is read again.
  if (sendable.length === 0) ledger.markBusy(application)
  return sendable
}

/** Splits rows of a proved application: proved metrics go to the common batch, each unproved one to its own. */
function splitByProof(rows: readonly BatchRow[], since: number, common: BatchRow[], separate: BatchRow[][]): void {
  const byMetric = new Map<number, BatchRow[]>()
  for (const { application, row } of rows) {
    const { metrics } = application.service
    const unproved: number[] = []
    row.each((slot) => {
      if (metrics.provedAt(slot) < since) unproved.push(slot)
    })
    for (const slot of unproved) {
      const part = { application, row: row.takeOut(slot)! }
      const others = byMetric.get(slot)
      if (others === undefined) byMetric.set(slot, [part])
      else others.push(part)
    }
    if (row.records > 0) common.push({ application, row })
  }
  separate.push(...byMetric.values())
}

function cut(rows: readonly BatchRow[]): BatchRow[][] {
  const parts: BatchRow[][] = []
  let part: BatchRow[] = []
  let parameters = 0
  for (const one of rows) {
    const { row } = one
    // Beside its metrics a transaction has an application id, a time stamp and perhaps a response code.
    const added = row.records + (row.ownTransaction === undefined ? 2 : 3)
    if (part.length > 0 && (part.length >= MAX_TRANSACTIONS || parameters + added > MAX_PARAMETERS)) {
      parts.push(part)
      part = []
      parameters = 0
    }
    part.push(one)
    parameters += added
  }
  if (part.length > 0) parts.push(part)
  return parts
}
