/** Layouts of plans, as the core makes them. */
import { createHash } from 'node:crypto'
import type { Cell, Layout, Print, StoredLimit, UsageShape } from '@threescale/core'
import { type Period, windowOf } from '../../../core/src/domain/period.ts'
import { createUsageShape } from '../../../core/src/domain/usage.ts'

/** The end of eternity, epoch milliseconds. */
export const FOREVER = 8.64e15

export interface PlanLimit {
  readonly metric: string
  readonly period: Period
  readonly max: number
  /** The metrics whose usage counts, its own included. */
  readonly covers: readonly string[]
}

/** A window in whole milliseconds, as the store has it. */
export function storedWindow(period: Period, instant: number): { start: number; end: number } {
  return period === 'eternity' ? { start: 0, end: FOREVER } : windowOf(period, instant)
}

export class PlanLayout implements Layout {
  readonly name: string
  readonly text: string
  readonly limits: readonly (StoredLimit & PlanLimit)[]
  /** The newest minute of each usage. */
  readonly #prints = new WeakMap<UsageShape, Print>()

  constructor(limits: readonly PlanLimit[]) {
    this.text = JSON.stringify(limits.map(({ metric, period, max, covers }) => [metric, period, max, covers]))
    this.name = createHash('sha1').update(this.text).digest('base64url').slice(0, 10)
    this.limits = limits.map((limit) => ({ ...limit, name: `${limit.period}/${limit.metric}` }))
  }

  print(usage: UsageShape, minute: number): Print {
    const known = this.#prints.get(usage)
    if (known?.minute === minute) return known
    const cells: Cell[] = []
    this.limits.forEach(({ name, period, max, covers }, limit) => {
      const touched = usage.metrics.flatMap((metric, i) => (covers.includes(metric) ? [usage.amounts[i]!] : []))
      if (touched.length === 0) return
      const need = touched.reduce((sum, amount) => sum + amount, 0)
      cells.push({ limit, name, end: storedWindow(period, minute).end, need, max })
    })
    const used = usage.metrics.flatMap((metric, i) =>
      usage.amounts[i]! > 0 ? [{ metric, amount: usage.amounts[i]! }] : [],
    )
    const metrics = used.map(({ metric }) => metric)
    const amounts = used.map(({ amount }) => amount)
    const print: Print = { usage, minute, layout: this, settled: true, cells, metrics, amounts }
    if (known === undefined || minute > known.minute) this.#prints.set(usage, print)
    return print
  }
}

/** What `StoreHost.readLayout` does. */
export function readLayout(text: string): PlanLayout {
  const limits = JSON.parse(text) as [string, Period, number, string[]][]
  return new PlanLayout(limits.map(([metric, period, max, covers]) => ({ metric, period, max, covers })))
}

/** One object for each usage, as mapping makes them. */
export class UsageShapes {
  readonly #shapes = new Map<string, UsageShape>()

  of(usage: Readonly<Record<string, number>>): UsageShape {
    const text = JSON.stringify(usage)
    let shape = this.#shapes.get(text)
    if (shape === undefined) {
      shape = createUsageShape(usage)
      this.#shapes.set(text, shape)
    }
    return shape
  }
}
