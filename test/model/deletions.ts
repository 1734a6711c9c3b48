/** Which deletions a schedule may contain so that the gateway is able to notice them. */
import type { TransportRequest, TransportResponse } from '../../packages/core/src/client/transport/transport.ts'
import type { Ledger } from '../../packages/core/src/ledger/ledger.ts'
import type { Change, Schedule } from './schedule.ts'

type Deletion = Exclude<Change, { do: 'foreign' | 'forge' }>

export class Deletions {
  /** Whether there was one. */
  any = false
  /** Whether a metric was deleted. */
  ofMetric = false
  /** Whether an answer showed that application or metric are gone. */
  #seen = { application: false, metric: false }

  /** An answer that has reached the gateway. */
  noteAnswer(request: TransportRequest, { body }: TransportResponse): void {
    if (request.method !== 'GET') return
    const text = Buffer.from(body).toString()
    if (text.includes('metric_invalid')) this.#seen.metric = true
    if (/app_id=a1|user_key=u1/.test(request.path) && /application_not_found|user_key_invalid/.test(text)) {
      this.#seen.application = true
    }
  }

  /** What is made again before an answer shows that it was gone cannot be noticed, so it does not happen here. */
  mayHappen(change: Deletion, { version, room }: Schedule, ledger: Ledger): boolean {
    const inFlight = Object.values(ledger.sums()).some((sums) => sums.inFlight > 0)
    switch (change.do) {
      case 'delete':
        this.any = true
        this.#seen.application = false
        return true
      case 'drop-metric':
        // Usage of an application without room is counted by authrep, which has no batch.
        if (room === 1) return false
        this.any = true
        this.ofMetric = true
        this.#seen.metric = false
        return true
      case 'restore':
        // A refused user key alone tells less: its batches must have been decided about.
        return this.#seen.application && !inFlight && (version === '2' || !awaitsProof(ledger))
      case 'restore-metric':
        return this.#seen.metric && !inFlight
      default:
        return true
    }
  }
}

function awaitsProof(ledger: Ledger): boolean {
  return [...ledger.batches.acknowledged()].some((batch) => [...batch.applications].some(({ id }) => id === 'a1'))
}
