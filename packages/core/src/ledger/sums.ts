/** The conservation sums of law 8: all of them counted, or `pending` as what the others leave. */
import type { UsageSums } from '../observe/stats.ts'
import type { ApplicationLedger, ServiceState } from './application-ledger.ts'
import { eachAmount } from './plan/metric-table.ts'
import type { DeliveryState } from './usage/delivery.ts'
import type { UsageRow } from './usage/usage-row.ts'
import { eachRow } from './usage/waiting-rows.ts'

type Sums = Record<string, { -readonly [Sum in keyof UsageSums]: number }>

interface OpenDelivery {
  readonly service: ServiceState
  readonly state: DeliveryState
  readonly rows: Iterable<{ readonly row: UsageRow }>
}

interface Adders {
  readonly waiting: (row: UsageRow) => void
  readonly inFlight: (slot: number, amount: number) => void
  readonly ambiguous: (slot: number, amount: number) => void
}

/** The sums of each metric by its name, over all services. */
export function sumsOf(services: Iterable<ServiceState>, busy: Iterable<ApplicationLedger>): Record<string, UsageSums> {
  const sums = settledSums(services)
  const adding = addingTo(sums)
  const adders = new Map<ServiceState, Adders>()
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
    for (const row of sent) {
      const { state } = row.delivery
      if (state === 'inFlight' || state === 'ambiguous') row.each(add[state])
    }
  }
  return sums
}

/**
 * The same sums, but rows that wait are not visited, because there may be a hundred thousand: law 8 tells their sum.
 *
 * @param open the batches that are in flight or ambiguous.
 */
export function balanceOf(services: Iterable<ServiceState>, open: Iterable<OpenDelivery>): Record<string, UsageSums> {
  const sums = settledSums(services)
  const adding = addingTo(sums)
  for (const { service, state, rows } of open) {
    const add = adding(service, state === 'inFlight' ? 'inFlight' : 'ambiguous')
    for (const { row } of rows) row.each(add)
  }
  for (const sum of Object.values(sums)) {
    sum.pending = sum.admitted - sum.acknowledged - sum.inFlight - sum.ambiguous - sum.givenUp
  }
  return sums
}

function settledSums(services: Iterable<ServiceState>): Sums {
  const sums: Sums = Object.create(null)
  const adding = addingTo(sums)
  for (const service of services) {
    eachAmount(service.sums.admitted, adding(service, 'admitted'))
    eachAmount(service.sums.acknowledged, adding(service, 'acknowledged'))
    eachAmount(service.sums.givenUp, adding(service, 'givenUp'))
  }
  return sums
}

function addingTo(sums: Sums): (service: ServiceState, sum: keyof UsageSums) => (slot: number, amount: number) => void {
  return (service, sum) => (slot, amount) => {
    const metric = service.metrics.nameOf(slot)
    sums[metric] ??= { admitted: 0, acknowledged: 0, inFlight: 0, ambiguous: 0, pending: 0, givenUp: 0 }
    sums[metric][sum] += amount
  }
}
