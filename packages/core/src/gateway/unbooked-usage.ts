/** Usage that a store did not take: it moves to the ledger of this process, which reports it itself. */
import type { StoredService } from '../authorization/shared/stored-service.ts'
import type { RecoveredRow } from '../ledger/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { recoverBatch, recoverUsage } from '../ledger/recover.ts'
import type { StoredRow } from '../ledger/store.ts'
import type { Clock } from '../primitives/clock.ts'
import { Slice } from '../primitives/slice.ts'

export interface UnbookedUsageOptions {
  readonly id: string | undefined
  readonly service: StoredService
  readonly ledger: Ledger
  readonly clock: Clock
  /** How long the store has not answered when its usage is withdrawn, in milliseconds. */
  readonly failingMs: number
  /** Between two looks while it does not answer, in milliseconds. */
  readonly intervalMs: number
}

export class UnbookedUsage {
  readonly #options: UnbookedUsageOptions
  #watching = false

  constructor(options: UnbookedUsageOptions) {
    this.#options = options
  }

  /** The store does not answer: once that has lasted, what is owed to it is withdrawn, until it answers again. */
  watch(): void {
    if (this.#watching) return
    this.#watching = true
    this.#lookIn(this.#options.failingMs)
  }

  /** What is surely not in the store waits in the ledger from now on. */
  takeBack(owed: readonly StoredRow[]): void {
    const { id, service, ledger } = this.#options
    for (const [application, rows] of recovered(owed)) {
      for (const { usage } of rows) subtract(service, usage)
      recoverUsage(ledger, { service: id, application, waiting: rows, maybeCounted: [] })
    }
  }

  /** What may be in the store is a batch without an answer. */
  leaveUnanswered(doubtful: readonly StoredRow[]): void {
    const { id, service, ledger, clock } = this.#options
    const rows = [...recovered(doubtful)].flatMap(([application, of]) => of.map((row) => ({ application, ...row })))
    if (rows.length === 0) return
    for (const { usage } of rows) subtract(service, usage)
    recoverBatch(ledger, { state: 'ambiguous', at: clock.now(), service: id, rows })
  }

  #lookIn(ms: number): void {
    this.#options.clock.schedule(() => void this.#look(), ms)
  }

  async #look(): Promise<void> {
    const { service, failingMs, intervalMs } = this.#options
    const { state } = service.store.stats()
    this.#watching = !service.closed && state === 'failing'
    // Before anything is taken back, because an answer of 3scale would hand it over to the store again.
    service.reportsItself = this.#watching
    const slice = new Slice()
    for (;;) {
      const rows = service.closed ? [] : service.store.withdraw(failingMs)
      if (rows.length === 0) break
      this.takeBack(rows)
      await slice.rest()
    }
    if (this.#watching) this.#lookIn(intervalMs)
  }
}

function subtract({ counted }: StoredService, usage: RecoveredRow['usage']): void {
  for (const [metric, amount] of Object.entries(usage)) counted.subtract(metric, amount)
}

/** By application. What is given back is below 0: if it cannot be, 3scale counts it. */
function recovered(rows: readonly StoredRow[]): Map<string, RecoveredRow[]> {
  const byKey = new Map<string, { application: string; row: RecoveredRow; usage: Record<string, number> }>()
  for (const { application, minute, metric, code, amount } of rows) {
    if (amount <= 0) continue
    const key = JSON.stringify([application, minute, code])
    const usage: Record<string, number> = byKey.get(key)?.usage ?? Object.create(null)
    usage[metric] = (usage[metric] ?? 0) + amount
    if (!byKey.has(key)) byKey.set(key, { application, row: { minute, resent: false, code, usage }, usage })
  }
  const byApplication = new Map<string, RecoveredRow[]>()
  for (const { application, row } of byKey.values()) {
    const same = byApplication.get(application)
    if (same === undefined) byApplication.set(application, [row])
    else same.push(row)
  }
  return byApplication
}
