/** Sends one batch, and halves it down to single transactions where the backend refuses the whole. */
import { isOutage } from '../backend/outage.ts'
import type { ThreeScaleClient } from '../client/client.ts'
import type { Transaction } from '../domain/transaction.ts'
import { ClosedError, ConfigError } from '../errors.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import { failedCall } from '../observe/failed-call.ts'
import type { Observer } from '../observe/observer.ts'
import type { Clock } from '../primitives/clock.ts'
import { Slice } from '../primitives/slice.ts'
import { type Attempt, describe } from './report-message.ts'
import { transactionsOf } from './transactions.ts'

/** From so many transactions on, taking a batch, naming its usage and encoding it are too much for one slice. */
export const LARGE_BATCH = 100

/** What a flush has to know of a batch that was sent. */
export type SendResult =
  | { readonly kind: 'delivered' }
  /** The backend cannot take it now. `outage`: not only this report. */
  | { readonly kind: 'failed'; readonly retryAfterMs: number | undefined; readonly outage: boolean }
  /** Our own credentials are refused. */
  | { readonly kind: 'rejected' }
  /** Nothing was sent, because the lender of the usage did not permit it. */
  | { readonly kind: 'withheld' }
  | { readonly kind: 'closed' }

/** How a batch reaches the backend. */
export type ReportClient = Pick<ThreeScaleClient, 'reportBatch' | 'withoutSecrets' | 'host'>

export interface SendOptions {
  readonly client: ReportClient
  readonly clock: Clock
  readonly observer: Pick<Observer, 'reported' | 'called' | 'misconfigured'>
  /** Asked right before a batch is sent; without a yes it is not. Never rejects. Default: each is sent. */
  readonly permit?: ((batch: Batch) => Promise<boolean>) | undefined
}

/**
 * Sends the batch and moves its usage to the state that the outcome demands. Never rejects.
 *
 * @param slice what the flush has used of its turn.
 */
export async function sendBatch(batch: Batch, options: SendOptions, slice: Slice = new Slice()): Promise<SendResult> {
  const { clock, observer, permit } = options
  const transactions = transactionsOf(batch)
  if (batch.rows.length > LARGE_BATCH) {
    await slice.rest()
    // Given up during the rest, because the gateway closed.
    if (batch.state !== 'inFlight') return CLOSED
  }
  if (permit !== undefined) {
    const permitted = await permit(batch)
    if (batch.state !== 'inFlight') return CLOSED
    if (!permitted) {
      batch.takeBack(false)
      return WITHHELD
    }
  }
  const began = clock.elapsed()
  batch.send()
  const outcome = judged(await attempt(batch, transactions, options.client), batch)
  const durationMs = clock.elapsed() - began
  // Given up while it was under way, because the gateway closed.
  if (batch.state !== 'inFlight') return CLOSED
  if (outcome.kind === 'closed') {
    batch.takeBack(false)
    return CLOSED
  }
  announce(batch, outcome, durationMs, options)
  switch (outcome.kind) {
    case 'accepted':
      batch.acknowledge()
      return DELIVERED
    case 'not-counted':
      batch.takeBack(false)
      return { kind: 'failed', retryAfterMs: outcome.retryAfterMs, outage: isOutage(outcome.error) }
    case 'unknown':
      batch.leaveUnanswered()
      return { kind: 'failed', retryAfterMs: undefined, outage: isOutage(outcome.error) }
    case 'refused':
      batch.takeBack(false)
      observer.misconfigured(outcome.code, options.client.withoutSecrets(outcome.error.message))
      return { kind: 'rejected' }
    default:
      return await halve(batch, options, slice)
  }
}

async function attempt(
  batch: Batch,
  transactions: readonly Transaction[],
  client: ReportClient,
): Promise<Attempt | { readonly kind: 'closed' }> {
  try {
    return await client.reportBatch({ service: batch.service.id, transactions })
  } catch (error) {
    if (error instanceof ClosedError) return { kind: 'closed' }
    if (error instanceof ConfigError) return { kind: 'unsendable' }
    return { kind: 'unknown', error }
  }
}

/** A single transaction is never too large for 3scale, so what stands before it refuses everything for now. */
function judged<Outcome extends { readonly kind: string }>(outcome: Outcome, { rows }: Batch): Outcome | Attempt {
  const { kind, error, foreign } = outcome as Partial<Extract<Attempt, { kind: 'too-large' }>>
  if (kind !== 'too-large' || rows.length > 1) return outcome
  return { kind: 'not-counted', retryAfterMs: undefined, error, foreign }
}

async function halve(batch: Batch, options: SendOptions, slice: Slice): Promise<SendResult> {
  if (batch.rows.length === 1) {
    batch.giveUp('refused', false)
    return DELIVERED
  }
  const [first, second] = batch.halve()
  const result = await sendBatch(first, options, slice)
  if (result.kind === 'delivered') return await sendBatch(second, options, slice)
  if (second.state === 'inFlight') second.takeBack(false)
  return result
}

function announce(batch: Batch, outcome: Attempt, durationMs: number, { client, observer }: SendOptions): void {
  const words = describe(outcome)
  const service = batch.service.id
  observer.reported({ service, transactions: batch.rows.length, ...words, durationMs })
  if (outcome.kind === 'unsendable') return
  const { status, code } = words
  const contentType = 'foreign' in outcome ? outcome.foreign : undefined
  const error = 'error' in outcome ? outcome.error : undefined
  const failure =
    contentType === undefined ? failedCall(error, client.host) : { host: client.host, status: status!, contentType }
  observer.called(
    { endpoint: 'report', service, outcome: callOutcome(outcome.kind), status, code, durationMs },
    failure,
  )
}

function callOutcome(kind: Attempt['kind']): 'accepted' | 'refused' | 'failed' {
  if (kind === 'accepted') return 'accepted'
  return kind === 'not-counted' || kind === 'unknown' ? 'failed' : 'refused'
}

const DELIVERED: SendResult = Object.freeze({ kind: 'delivered' })
const WITHHELD: SendResult = Object.freeze({ kind: 'withheld' })
const CLOSED: SendResult = Object.freeze({ kind: 'closed' })
