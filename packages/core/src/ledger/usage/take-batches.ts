/** Forms batches of waiting usage: as large as the backend takes, without a transaction that could sink the others. */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import type { ServiceLedger } from '../service-ledger.ts'
import type { Batch } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import { renewStamps } from './renew-stamps.ts'
import { isPaused } from './sent-row.ts'
import { eachRow } from './waiting-rows.ts'

export interface TakeOptions {
  /** Applications and metrics that were proved longer ago than this, in milliseconds, get batches of their own. */
  readonly provedWithinMs: number
  /** What happens to usage older than 23 hours: stamped with the present, or given up for a reason. */
  readonly late: 're-stamp' | LossReason
  /** Only these applications of the service; default all of it. */
  readonly only?: ReadonlySet<ApplicationLedger> | undefined
  /** Whether to take also usage of applications whose reports pause. Default only where `only` names them. */
  readonly paused?: boolean
}

/** Takes all usage of a service that may be sent. The batches are in flight from now on. */
export function takeBatches(service: ServiceLedger, options: TakeOptions): Batch[] {
  return [...eachBatch(service, options)]
}

/**
 * Takes usage batch by batch, so that other work comes between. Each batch is in flight as soon as it is returned; all
 * other usage waits until its turn comes.
 */
export function* eachBatch(service: ServiceLedger, options: TakeOptions): Generator<Batch, void, undefined> {
  const { clock } = service.ledger
  const provedSince = clock.elapsed() - options.provedWithinMs
  const alone: ApplicationLedger[] = []
  const waitingFor = new Map<number, Set<ApplicationLedger>>()
  const open = (application: ApplicationLedger, slot: number) => {
    const others = waitingFor.get(slot)
    if (others === undefined) waitingFor.set(slot, new Set([application]))
    else others.add(application)
  }
  const common = new BatchBuilder(service)
  for (const application of options.only ?? service.busyApplications()) {
    if (!maySend(application, options)) continue
    renewStamps(application, options.late, service.at(clock.now()))
    if (application.provedAt < provedSince) {
      alone.push(application)
      continue
    }
    while (common.takeProved(application, provedSince, open)) yield common.close()
  }
  if (common.started) yield common.close()
  for (const application of alone) {
    while (common.takeAll(application)) yield common.close()
    if (common.started) yield common.close()
  }
  for (const [slot, applications] of waitingFor) {
    for (const application of applications) {
      while (common.takeMetric(application, slot)) yield common.close()
    }
    if (common.started) yield common.close()
  }
}

function maySend(
  { id, pending, ownTransactions, sent }: ApplicationLedger,
  { only, paused = only !== undefined }: TakeOptions,
): boolean {
  if (id === undefined || (pending === undefined && ownTransactions === undefined)) return false
  return paused || !isPaused(id, sent)
}

/** Whether the application or one of its waiting metrics lacks a recent proof. */
export function needsProof(application: ApplicationLedger, provedWithinMs: number): boolean {
  const { service, pending, ownTransactions } = application
  const since = service.ledger.clock.elapsed() - provedWithinMs
  if (pending === undefined && ownTransactions === undefined) return false
  return application.provedAt <= since || unprovedMetrics(application, since).length > 0
}

/** Metrics with usage that waits to be sent or to be proved, for the question that proves them. */
export function metricsToProve(application: ApplicationLedger): string[] {
  const { metrics, ledger } = application.service
  const settled = ledger.clock.elapsed() - ledger.settleMs
  const names = new Set(unprovedMetrics(application, Number.POSITIVE_INFINITY))
  for (const row of application.sent ?? []) {
    const { delivery } = row
    if (delivery.awaitsProof && delivery.since <= settled) row.each((slot) => void names.add(metrics.nameOf(slot)))
  }
  return [...names]
}

function unprovedMetrics(application: ApplicationLedger, since: number): string[] {
  const { metrics } = application.service
  const slots = new Set<number>()
  // One for all rows, because an application may have a hundred thousand.
  const note = (slot: number) => {
    if (metrics.provedAt(slot) <= since) slots.add(slot)
  }
  for (const first of [application.pending, application.ownTransactions]) eachRow(first, (row) => row.each(note))
  return [...slots].map((slot) => metrics.nameOf(slot))
}
