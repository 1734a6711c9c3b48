/** The conservation sums of law 8. */
import type { UsageSums } from '../observe/stats.ts'
import type { Application } from './application.ts'
import { type Amounts, eachAmount } from './metric-table.ts'
import type { ServiceLedger } from './service-ledger.ts'
import type { UsageRow } from './usage-row.ts'
import { eachRow } from './waiting-rows.ts'

/** By metric name, over all services. */
export function sumsOf(services: Iterable<ServiceLedger>, busy: Iterable<Application>): Record<string, UsageSums> {
  const sums: Record<string, { -readonly [Sum in keyof UsageSums]: number }> = Object.create(null)
  const add = (service: ServiceLedger, amounts: Amounts, sum: keyof UsageSums) =>
    eachAmount(amounts, (slot, amount) => {
      const metric = service.metrics.nameOf(slot)
      sums[metric] ??= { admitted: 0, acknowledged: 0, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0 }
      sums[metric][sum] += amount
    })
  for (const service of services) {
    add(service, service.sums.admitted, 'admitted')
    add(service, service.sums.acknowledged, 'acknowledged')
    add(service, service.sums.givenUp, 'givenUp')
  }
  for (const { service, pending, separate, sent } of busy) {
    const waiting = (row: UsageRow) => add(service, row.amounts, 'pending')
    eachRow(pending, waiting)
    eachRow(separate, waiting)
    for (const { batch, amounts } of sent ?? []) {
      if (batch!.state === 'inFlight' || batch!.state === 'ambiguous') add(service, amounts, batch!.state)
    }
  }
  return sums
}
