/** Takes over usage of processes that died, as a journal kept it, and lists what is not settled for the journal. */
import type { ApplicationLedger } from './application-ledger.ts'
import type { RecoveredBatch, RecoveredRow, RecoveredUsage, UnsettledUsage } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { addAmount } from './plan/metric-table.ts'
import type { ServiceLedger } from './service-ledger.ts'
import { Batch } from './usage/batch.ts'
import { keepMaybeCounted } from './usage/batch-row.ts'
import { compact } from './usage/compact.ts'
import { giveUp } from './usage/losses.ts'
import { unsettledOf } from './usage/retell.ts'
import { recordsOf, UsageRow } from './usage/usage-row.ts'

/**
 * Usage that waited is admitted and waits; it counts against the limits. Usage of callers that no answer had proved is
 * given up, because their credentials are not kept.
 */
export function recoverUsage(
  ledger: Ledger,
  { service: id, application, waiting, maybeCounted }: RecoveredUsage,
): void {
  const service = ledger.service(id)
  const rows = waiting.map((row) => rowOf(service, row))
  admit(service, rows)
  if (application === undefined) {
    giveUp(service.unverified(), rows, 'unproven', false)
    return
  }
  const owner = ownerOf(service, application)
  for (const row of rows) {
    owner.shift(row, 1)
    owner.wait(row)
  }
  // Before rows are merged, because merging counts down.
  const records = recordsOf(rows)
  compact(owner)
  const counted = maybeCounted.map((row) => rowOf(service, row))
  for (const row of counted) owner.shift(row, 1)
  if (counted.length > 0) keepMaybeCounted(owner, counted)
  ledger.recordsAdded(records)
}

/** A batch that was on its way, or acknowledged, when its process died. */
export function recoverBatch(ledger: Ledger, { state, at, service: id, rows }: RecoveredBatch): Batch {
  const service = ledger.service(id)
  const batchRows = rows.map((row) => ({ application: ownerOf(service, row.application), row: rowOf(service, row) }))
  admit(
    service,
    batchRows.map(({ row }) => row),
  )
  // Answers contain what is acknowledged, or lack it, and are read so.
  if (state === 'ambiguous') for (const { application, row } of batchRows) application.shift(row, 1)
  const batch = new Batch(service, batchRows, 'recovered')
  const { clock } = ledger
  if (state === 'ambiguous') batch.leaveUnanswered()
  else batch.acknowledge(clock.elapsed() - Math.max(0, clock.now() - at))
  return batch
}

/** The usage of all applications that is not settled. */
export function* unsettledUsage(ledger: Ledger): Generator<UnsettledUsage> {
  // A copy of the moment in which the file began, because its usage moves on while the journal writes. Not a set, which
  // takes ten times as long to make.
  const busy = [...ledger.busy]
  const told = new Set<ApplicationLedger>()
  for (const { applications } of ledger.services) {
    for (const application of [...applications.values()]) {
      if (application.maybeCounted === undefined) continue
      told.add(application)
      yield unsettledOf(application)
    }
  }
  for (const application of busy) if (!told.has(application)) yield unsettledOf(application)
}

/** The application to which usage of an id belongs, even where there is no room for it. */
export function ownerOf(service: ServiceLedger, id: string): ApplicationLedger {
  return service.application(id) ?? service.overflow(id, Number.NEGATIVE_INFINITY)
}

function rowOf({ metrics }: ServiceLedger, { minute, resent, code, usage }: RecoveredRow): UsageRow {
  const row = new UsageRow(minute)
  row.resent = resent
  if (code !== undefined) row.release(code)
  for (const [metric, amount] of Object.entries(usage)) row.add(metrics.slotOf(metric), amount)
  return row
}

function admit({ sums }: ServiceLedger, rows: readonly UsageRow[]): void {
  for (const row of rows) row.each((slot, amount) => void addAmount(sums.admitted, slot, amount))
}
