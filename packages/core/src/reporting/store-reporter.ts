/**
 * Reports for all processes what waits in a store: takes it, lets the reporter report it, and gives back what could not
 * be delivered.
 */
import type { LentUsage } from '../ledger/lent/lent-usage.ts'
import type { ServiceStore } from '../ledger/store.ts'
import { captureContext } from '../primitives/async-context.ts'
import { atMost } from '../primitives/at-most.ts'
import type { Clock } from '../primitives/clock.ts'
import { leftOf } from './give-up-rest.ts'
import { repeatUntil } from './repeat-until.ts'
import type { Reporter } from './reporter.ts'

export interface StoreReporterOptions {
  readonly store: ServiceStore
  readonly lent: LentUsage
  /** Reports what is in `lent`. */
  readonly reporter: Reporter
  readonly clock: Clock
}

/** A batch with so many rows may have left some in the store. */
const MAX_ROWS = 1000

export class StoreReporter {
  readonly #options: StoreReporterOptions
  readonly #inOwnContext = captureContext()
  #running: Promise<boolean> | undefined
  #closed = false

  constructor(options: StoreReporterOptions) {
    this.#options = options
  }

  /** Reports what is due, except during the pause after a failure. */
  report(): void {
    if (this.#running !== undefined || this.#closed || this.#options.reporter.pausedMs > 0) return
    void this.#run(async () => {
      const { reporter } = this.#options
      await reporter.flush()
    }, false)
  }

  /** Reports all that waits, until it is acknowledged or the time is up. Never rejects. */
  async deliver(timeoutMs: number): Promise<void> {
    const { reporter, clock } = this.#options
    const endsAt = clock.elapsed() + timeoutMs
    let delivered = false
    const flush = async () => {
      await reporter.deliver({ timeoutMs: Math.max(0, endsAt - clock.elapsed()) })
    }
    const task = async () => {
      await this.#running
      delivered = await this.#run(flush, true)
    }
    await repeatUntil(() => delivered, { task, mayTryInMs: () => reporter.pausedMs, timeoutMs, clock })
  }

  /** Gives back what was not sent, and gives up what got no answer. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    const { lent, reporter, clock } = this.#options
    this.#closed = true
    await atMost(timeoutMs / 2, lent.end(), clock)
    await reporter.close({ timeoutMs: 0 })
    await atMost(timeoutMs / 2, lent.told(), clock)
  }

  /** By metric: what is in hand, and what waits in the store because it could not be delivered. */
  left(): Record<string, number> {
    const { ledger, returned } = this.#options.lent
    const left = leftOf(ledger)
    for (const [metric, amount] of Object.entries(returned)) left[metric] = (left[metric] ?? 0) + amount
    return left
  }

  /** @returns whether all was delivered that waited. */
  #run(flush: () => Promise<void>, everything: boolean): Promise<boolean> {
    this.#running = this.#inOwnContext(() => this.#reportAll(flush, everything)).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #reportAll(flush: () => Promise<void>, everything: boolean): Promise<boolean> {
    const { store, lent, reporter } = this.#options
    for (;;) {
      const batch = await store.take()
      if (batch === undefined) return true
      if (this.#closed) {
        // An orphaned one is handed out again.
        if (!batch.isOrphaned) await store.settle(batch, 'back')
        return false
      }
      if (batch.isOrphaned) {
        lent.adopt(batch)
        await lent.told()
        // Plans what becomes of it.
        await reporter.flush()
        continue
      }
      // A flush that began before would leave the new usage out.
      await reporter.flush()
      lent.put(batch)
      await flush()
      await lent.putBack()
      if (Object.keys(lent.returned).length > 0) return false
      if (!batch.more && !(everything && batch.rows.length >= MAX_ROWS)) return true
    }
  }
}
