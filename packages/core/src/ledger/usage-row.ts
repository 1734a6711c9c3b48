/** Admitted usage of one application in one minute, from its admission until the backend has surely counted it. */
import type { Application } from './application.ts'
import type { Batch } from './batch.ts'
import { type Amounts, eachAmount } from './metric-table.ts'

export interface UsageRow {
  application: Application
  /** Epoch milliseconds of the minute's start, by the service's time. */
  minute: number
  readonly amounts: Amounts
  /** Sent before without an answer and sent again: the backend may count it twice. */
  again: boolean
  /** A transaction of its own, with the status of the response; undefined for what is added up. */
  separate: { code: number | undefined; awaitsResponse: boolean } | undefined
  /** The batch it was sent with. */
  batch: Batch | undefined
  /** Next in the list it waits in. */
  next: UsageRow | undefined
}

export function createRow(application: Application, minute: number): UsageRow {
  return {
    application,
    minute,
    amounts: [],
    again: false,
    separate: undefined,
    batch: undefined,
    next: undefined,
  }
}

/** Amounts by metric name, for people and events. */
export function namedUsage(rows: Iterable<UsageRow>): Record<string, number> {
  const usage: Record<string, number> = Object.create(null)
  for (const { application, amounts } of rows) {
    eachAmount(amounts, (slot, amount) => {
      const metric = application.service.metrics.nameOf(slot)
      usage[metric] = (usage[metric] ?? 0) + amount
    })
  }
  return usage
}

/** How many records rows hold: one for each metric of each row. */
export function recordsOf(rows: Iterable<UsageRow>): number {
  let records = 0
  for (const { amounts } of rows) eachAmount(amounts, () => void records++)
  return records
}
