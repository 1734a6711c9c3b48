/** Forms batches out of what waits: as large as the backend takes, and nothing in them that could sink the rest. */

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

// The backend drops a batch with a stamp that is more than an hour ahead.
const AHEAD_MS = 55 * MINUTE_MS

export interface TakeOptions {
  /** Applications and metrics proved longer ago than this, milliseconds, go in batches of their own. */
  readonly provedWithinMs: number
  /** What becomes of usage older than 23 hours: stamped with the present, or given up for a reason. */
  readonly late: 're-stamp' | LossReason
  /** Only these applications; default all of the service. */
  readonly only?: ReadonlySet<ApplicationLedger> | undefined
}

/** Takes everything of a service that may be sent. The batches are in flight from now on. */
export function takeBatches(service: ServiceLedger, options: TakeOptions): Batch[] {
  const now = service.ledger.clock.now()
  const provedSince = now - options.provedWithinMs
  const sure: BatchRow[] = []
  const alone: BatchRow[][] = []
  for (const application of service.busyApplications()) {
    if (application.id === undefined) continue
    if (options.only !== undefined && !options.only.has(application)) continue
    const rows = takeSendable(application, options.late, service.at(now)).map((row) => ({ application, row }))
    if (application.provedAt >= provedSince) sortOut(rows, provedSince, sure, alone)
    else if (rows.length > 0) alone.push(rows)
  }
  return [sure, ...alone].flatMap((rows) => cut(rows).map((part) => new Batch(service, part)))
}

/** Whether something of the application or of its metrics lacks a recent proof. */
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
    else if (row.minute > time + AHEAD_MS) misstamped.push(row)
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
  // Otherwise the rows are in a batch before the ledger is read again.
  if (sendable.length === 0) ledger.markBusy(application)
  return sendable
}

/** Parts rows of a proved application by whether their metrics are proved, each unproved metric for itself. */
function sortOut(rows: readonly BatchRow[], since: number, sure: BatchRow[], alone: BatchRow[][]): void {
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
    if (row.records > 0) sure.push({ application, row })
  }
  alone.push(...byMetric.values())
}

function cut(rows: readonly BatchRow[]): BatchRow[][] {
  const parts: BatchRow[][] = []
  let part: BatchRow[] = []
  let parameters = 0
  for (const one of rows) {
    const { row } = one
    // Application id, time stamp and perhaps the response code stand beside the metrics.
    const own = row.records + (row.ownTransaction === undefined ? 2 : 3)
    if (part.length > 0 && (part.length >= MAX_TRANSACTIONS || parameters + own > MAX_PARAMETERS)) {
      parts.push(part)
      part = []
      parameters = 0
    }
    part.push(one)
    parameters += own
  }
  if (part.length > 0) parts.push(part)
  return parts
}
