/** What an answer means for batches that were sent already: it may prove them, or show that they were dropped. */
import { Slice } from '../../primitives/slice.ts'
import type { ApplicationLedger, ServiceState } from '../application-ledger.ts'
import type { Delivery, Gone } from './delivery.ts'

/**
 * The application exists, as the answer to a question from `sentAt` (elapsed time) shows. The backend has counted every
 * batch that was settled by then, or dropped it because of something else.
 */
export function confirmSent({ id, sent, service }: ApplicationLedger, sentAt: number): void {
  const settledBefore = sentAt - service.ledger.settleMs
  for (const { delivery } of sent ?? []) {
    if (delivery.awaitsProof && delivery.since <= settledBefore) delivery.confirm(id!)
  }
}

/** The application is deleted: the backend drops every batch that carries it and that it has not counted yet. */
export function doubtApplication(application: ApplicationLedger): void {
  application.provedAt = Number.NEGATIVE_INFINITY
  void doubtAll(new Set(application.sent?.map(({ delivery }) => delivery)), {
    kind: 'application',
    id: application.id!,
  })
}

/** The metric is deleted: the backend drops every batch that carries it and that it has not counted yet. */
export function doubtMetric(service: ServiceState, busy: Iterable<ApplicationLedger>, metric: string): void {
  const gone: Gone = { kind: 'metric', slot: service.metrics.slotOf(metric) }
  const carriers = new Set<Delivery>()
  for (const application of busy) {
    if (application.service !== service) continue
    for (const row of application.sent ?? []) if (row.amountOf(gone.slot) > 0) carriers.add(row.delivery)
  }
  void doubtAll(carriers, gone)
}

/** A metric that every batch carries takes many turns of the event loop; the first begins at once. */
async function doubtAll(deliveries: ReadonlySet<Delivery>, gone: Gone): Promise<void> {
  const slice = new Slice()
  for (const delivery of deliveries) {
    delivery.doubt(gone)
    if (slice.over) await slice.rest()
  }
}
