/** The conservation sums of law 8. */
import type { UsageSums } from '../observe/stats.ts'
import type { ApplicationLedger, ServiceState } from './application-ledger.ts'
import { eachAmount } from './plan/metric-table.ts'
import type { UsageRow } from './usage/usage-row.ts'
import { eachRow } from './usage/waiting-rows.ts'

interface Adders {
  readonly waiting: (row: UsageRow) => void
  readonly inFlight: (slot: number, amount: number) => void
  readonly ambiguous: (slot: number, amount: number) => void
}

/** The sums of each metric by its name, over all services. */
export function sumsOf(services: Iterable<ServiceState>, busy: Iterable<ApplicationLedger>): Record<string, UsageSums> {
  const sums: Record<string, { -readonly [Sum in keyof UsageSums]: number }> = Object.create(null)
  const adding = (service: ServiceState, sum: keyof UsageSums) => (slot: number, amount: number) => {
    const metric = service.metrics.nameOf(slot)
    sums[metric] ??= { admitted: 0, acknowledged: 0, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0 }
    sums[metric][sum] += amount
  }
  const adders = new Map<ServiceState, Adders>()
  for (const service of services) {
    eachAmount(service.sums.admitted, adding(service, 'admitted'))
    eachAmount(service.sums.acknowledged, adding(service, 'acknowledged'))
    eachAmount(service.sums.givenUp, adding(service, 'givenUp'))
  }
  for (const { service, pending, ownTransactions, sent } of busy) {
    // One for all rows, because a hundred thousand rows are added up in one turn of the event loop.
    let add = adders.get(service)
    if (add === undefined) {
      const addPending = adding(service, 'pending')
      const waiting = (row: UsageRow) => row.each(addPending)
      add = { waiting, inFlight: adding(service, 'inFlight'), ambiguous: adding(service, 'ambiguous') }
      adders.set(service, add)
    }
    eachRow(pending, add.waiting)
    eachRow(ownTransactions, add.waiting)
    if (sent === undefined) continue
    for (const { row, delivery } of sent) {
      const { state } = delivery
      if (state === 'inFlight' || state === 'ambiguous') row.each(add[state])
    }
  }
  return sums
}
