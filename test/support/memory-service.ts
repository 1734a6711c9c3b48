/** What all processes share of one service in a store in memory. It counts as `@threescale/redis` does. */
import type { BatchState, StoredAnswer, StoredCaller, StoredRow } from '@threescale/core'

/** The store itself, as a process sees it. */
export interface MemoryServer {
  /** It answers no process. */
  readonly down: boolean
  /** Asks that reached it. */
  asks: number
}

export interface MemoryApplication {
  layout: string
  provedAt: number
  /** The newest question that was applied. */
  question: number
  askedAt: number
  /** By limit and end of its window. */
  readonly counts: Map<string, number>
}

export interface MemoryBatch {
  readonly rows: readonly StoredRow[]
  state: BatchState | 'taken'
  at: number
}

export class MemoryService {
  readonly applications: Map<string, MemoryApplication> = new Map()
  readonly layouts: Map<string, string> = new Map()
  /** Usage that waits, and usage that is held back, by row. */
  readonly pending: Map<string, StoredRow> = new Map()
  readonly held: Map<string, StoredRow> = new Map()
  readonly batches: Map<string, MemoryBatch> = new Map()
  readonly callers: Map<string, StoredCaller & { readonly key: string | undefined }> = new Map()
  /** Callers and applications about which a process asks, and since when. */
  readonly asking: Map<string, number> = new Map()
  /** Requests that wait for an answer about an application. */
  readonly waiting: Set<() => void> = new Set()

  /** Everything that a store was told and that no batch has acknowledged, by metric. */
  unreported(): Record<string, number> {
    const open = [...this.batches.values()].filter(({ state }) => state !== 'acked' && state !== 'gone')
    const sums: Record<string, number> = {}
    const rows = [this.pending, this.held].flatMap((map) => [...map.values()])
    for (const { metric, amount } of [...rows, ...open.flatMap((batch) => batch.rows)]) {
      sums[metric] = (sums[metric] ?? 0) + amount
    }
    return sums
  }

  add(to: Map<string, StoredRow>, row: StoredRow): void {
    const key = keyOf(row)
    const amount = (to.get(key)?.amount ?? 0) + row.amount
    if (amount === 0) to.delete(key)
    else to.set(key, { ...row, amount })
  }

  /** LEDGER.md: an answer bounds the count from both sides. */
  correct(application: MemoryApplication, id: string, answer: StoredAnswer, settleMs: number): void {
    const { limits } = answer.layout()
    const newest = answer.asked > application.question
    const names = new Set<string>()
    answer.windows.forEach(({ start, end, current }, i) => {
      const { name, covers } = limits[i]!
      const within = ({ application: owner, minute, metric }: StoredRow) =>
        owner === id && minute >= start && minute < end && covers.includes(metric)
      const lower = current + sum([...this.pending.values(), ...this.held.values()].filter(within))
      const unsettled = [...this.batches.values()].filter(
        ({ state, at }) => state !== 'gone' && state !== 'back' && (state !== 'acked' || at > answer.asked - settleMs),
      )
      const upper = lower + sum(unsettled.flatMap(({ rows }) => rows).filter(within))
      const field = `${name}|${end}`
      names.add(field)
      const known = application.counts.get(field)
      if (newest) application.counts.set(field, Math.min(Math.max(known ?? upper, lower), upper))
      else if (known !== undefined) application.counts.set(field, Math.max(known, lower))
    })
    if (newest) application.question = answer.asked
    application.provedAt = Math.max(application.provedAt, answer.asked)
    application.askedAt = 0
  }
}

function sum(rows: readonly StoredRow[]): number {
  return rows.reduce((total, { amount }) => total + amount, 0)
}

export function keyOf({ application, minute, metric, code }: StoredRow): string {
  return JSON.stringify([application, minute, metric, code])
}
