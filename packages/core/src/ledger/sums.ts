/** The conservation sums of law 8. */
import type { UsageSums } from '../observe/stats.ts'
import type { ApplicationLedger, ServiceState } from './application-ledger.ts'
import { eachAmount } from './plan/metric-table.ts'
import type { UsageRow } from './usage/usage-row.ts'
import { eachRow } from './usage/waiting-rows.ts'

/** The sums of each metric by its name, over all services. */
export function sumsOf(services: Iterable<ServiceState>, busy: Iterable<ApplicationLedger>): Record<string, UsageSums> {
  const sums: Record<string, { -readonly [Sum in keyof UsageSums]: number }> = Object.create(null)
  const adding = (service: ServiceState, sum: keyof UsageSums) => (slot: number, amount: number) => {
    const metric = service.metrics.nameOf(slot)
    sums[metric] ??= { admitted: 0, acknowledged: 0, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0 }
    sums[metric][sum] += amount
  }
  for (const service of services) {
    eachAmount(service.sums.admitted, adding(service, 'admitted'))
    eachAmount(service.sums.acknowledged, adding(service, 'acknowledged'))
    eachAmount(service.sums.givenUp, adding(service, 'givenUp'))
  }
  for (const { service, pending, ownTransactions, sent } of busy) {
    const waiting = (row: UsageRow) => row.each(adding(service, 'pending'))
    eachRow(pending, waiting)
    eachRow(ownTransactions, waiting)
    for (const { row, delivery } of sent ?? []) {
      const { state } = delivery
      if (state === 'inFlight' || state === 'ambiguous') row.each(adding(service, state))
    }
  }
  return sums
}
