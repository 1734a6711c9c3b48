/** Usage that is not delivered: counted as given up, and announced with the reason (law 8). */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { addAmount } from '../plan/metric-table.ts'
import { retell } from './retell.ts'
import { namedUsage, recordsOf, type UsageRow } from './usage-row.ts'
import { takeWaiting } from './waiting-rows.ts'

/** Counts rows as given up and announces it. `counted`: the backend may have counted them, so the cells keep them. */
export function giveUp(
  application: ApplicationLedger,
  rows: readonly UsageRow[],
  reason: LossReason,
  counted: boolean,
): void {
  if (rows.length === 0) return
  const { service } = application
  for (const row of rows) {
    row.each((slot, amount) => void addAmount(service.sums.givenUp, slot, amount))
    if (!counted) application.shift(row, -1)
  }
  service.ledger.observer.lost({
    kind: 'given-up',
    reason,
    service: service.id,
    applicationId: application.id,
    usage: namedUsage(rows, service.metrics),
  })
}

/** Gives up all waiting usage of an application. */
export function giveUpWaiting(application: ApplicationLedger, reason: LossReason): void {
  const rows = takeWaiting(application)
  const { ledger } = application.service
  ledger.recordsChanged(-recordsOf(rows))
  giveUp(application, rows, reason, false)
  if (rows.length > 0) retell(application)
  ledger.markBusy(application)
}

/** Forgets all waiting usage of an application: another process has it now. */
export function leaveWaiting(application: ApplicationLedger): void {
  const rows = takeWaiting(application)
  const { ledger, sums } = application.service
  ledger.recordsChanged(-recordsOf(rows))
  for (const row of rows) row.each((slot, amount) => void addAmount(sums.admitted, slot, -amount))
  ledger.markBusy(application)
}

/** Gives up waiting usage of one metric. */
export function giveUpMetric(application: ApplicationLedger, reason: LossReason, metric: string): void {
  const { ledger, metrics } = application.service
  const slot = metrics.slotOf(metric)
  const lost: UsageRow[] = []
  for (const row of takeWaiting(application)) {
    const part = row.takeOut(slot)
    if (part !== undefined) lost.push(part)
    if (row.records > 0) application.wait(row)
  }
  ledger.recordsChanged(-recordsOf(lost))
  giveUp(application, lost, reason, false)
  if (lost.length > 0) retell(application)
  ledger.markBusy(application)
}

/** Announces that the backend counts less than it acknowledged long ago. */
export function suspectLoss({ service, id }: ApplicationLedger, metric: string, amount: number): void {
  service.ledger.observer.lost({
    kind: 'suspected',
    reason: 'missing',
    service: service.id,
    applicationId: id,
    usage: { [metric]: amount },
  })
}
