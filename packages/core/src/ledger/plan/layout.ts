/** The limits of a plan with their maxima, as processes share them through a store: what each usage touches, as a print. */
import { hash } from 'node:crypto'
import { HOUR_MS, type Period, windowOf } from '../../domain/period.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { Cell, Layout, Print, StoredLimit } from '../stored-layout.ts'
import { type FoundAncestor, HIERARCHY_TTL_MS } from './metric-hierarchy.ts'

/** The end of a window that never ends: the last moment of a Date, as Infinity is no number for a store. */
export const FOREVER = 8.64e15

// As for `PlanLimits`: usage that functions of the request make has a new shape each time.
const MAX_SHAPES = 4096
// The present minute, the one before, and a little for clocks that are corrected.
const MAX_MINUTES = 3

/** A limit as a layout's text tells it. */
export interface LayoutLimit extends StoredLimit {
  /** By the name under which the backend stores it. */
  readonly metric: string
  readonly period: Period
}

/** What a layout says of limits and metrics. Lists are sorted, so that equal knowledge has one text. */
export interface LayoutFacts {
  readonly limits: readonly LayoutLimit[]
  /** Metrics that exist, and that fall under no limit but those that cover them. */
  readonly settled: readonly string[]
  /** What no list of 3scale tells, but questions found out: of covered and settled metrics. */
  readonly found: readonly FoundAncestor[]
}

/** Whether this process knows by itself that usage of a metric falls under no limit but those that cover it. */
export type Settles = (metric: string, layout: PlanLayout) => boolean

interface Prints {
  /** The shape that all equal ones are stored under. */
  readonly usage: UsageShape
  /** Newest first. */
  readonly made: Print[]
}

export class PlanLayout implements Layout {
  readonly text: string
  readonly name: string
  readonly limits: readonly LayoutLimit[]
  readonly facts: LayoutFacts
  readonly #covers: readonly ReadonlySet<string>[]
  /** Until when each is settled. */
  readonly #settled: ReadonlyMap<string, number>
  readonly #settlesHere: Settles
  /** What was asked for last, and its print. */
  #lastUsage: UsageShape | undefined = undefined
  #last: Print | undefined = undefined
  readonly #byShape = new Map<UsageShape, Prints>()
  readonly #byText = new Map<string, Prints>()

  constructor(facts: LayoutFacts, settlesHere: Settles, text: string = textOf(facts)) {
    this.facts = facts
    this.text = text
    this.name = hash('sha256', text, 'base64url').slice(0, 16)
    this.limits = facts.limits
    this.#covers = facts.limits.map(({ covers }) => new Set(covers))
    const settled = new Map(facts.settled.map((metric) => [metric, Number.POSITIVE_INFINITY]))
    for (const { metric, below, hour } of facts.found) {
      const until = settled.get(metric)
      if (until !== undefined && !below) settled.set(metric, Math.min(until, hour * HOUR_MS + HIERARCHY_TTL_MS))
    }
    this.#settled = settled
    this.#settlesHere = settlesHere
  }

  print(usage: UsageShape, minute: number): Print {
    // The same again, as nearly always on the hot path.
    if (usage === this.#lastUsage && this.#last!.minute === minute) return this.#last!
    const print = this.#find(usage, minute)
    if (print.settled) {
      this.#lastUsage = usage
      this.#last = print
    }
    return print
  }

  #find(usage: UsageShape, minute: number): Print {
    const prints = this.#byShape.get(usage) ?? this.#printsOf(usage)
    const { made } = prints
    for (const print of made) if (print.minute === minute) return print
    const print = this.#make(prints.usage, minute)
    // What is not settled is looked at anew, because an answer may tell at any moment.
    if (!print.settled) return print
    made.unshift(print)
    if (made.length > MAX_MINUTES) made.pop()
    return print
  }

  /** Whether usage of a metric, by its stored name, counts against a limit. */
  covers(limit: number, metric: string): boolean {
    return this.#covers[limit]!.has(metric)
  }

  #printsOf(usage: UsageShape): Prints {
    const text = JSON.stringify([usage.metrics, usage.amounts])
    if (this.#byText.size >= MAX_SHAPES) this.#byText.clear()
    if (this.#byShape.size >= MAX_SHAPES) this.#byShape.clear()
    let prints = this.#byText.get(text)
    if (prints === undefined) {
      prints = { usage, made: [] }
      this.#byText.set(text, prints)
    }
    this.#byShape.set(usage, prints)
    return prints
  }

  #make(usage: UsageShape, minute: number): Print {
    const used = new Map<string, number>()
    usage.metrics.forEach((metric, i) => {
      const stored = storageKey(metric)
      used.set(stored, (used.get(stored) ?? 0) + usage.amounts[i]!)
    })
    const cells: Cell[] = []
    this.limits.forEach(({ name, period, max }, limit) => {
      let need: number | undefined
      for (const [metric, amount] of used) if (this.covers(limit, metric)) need = (need ?? 0) + amount
      if (need !== undefined) cells.push({ limit, name, end: endOf(period, minute), need, max })
    })
    const counted = [...used].filter(([, amount]) => amount > 0)
    const settled = [...used.keys()].every(
      (metric) => minute < (this.#settled.get(metric) ?? 0) || this.#settlesHere(metric, this),
    )
    return Object.freeze({
      usage,
      minute,
      layout: this,
      settled,
      cells,
      metrics: counted.map(([metric]) => metric),
      amounts: counted.map(([, amount]) => amount),
    })
  }
}

/** The end of the window that holds `time`, as a store has it. */
export function endOf(period: Period, time: number): number {
  return Math.min(windowOf(period, time).end, FOREVER)
}

/** The name of a limit within its layout. The period comes first: it is a plain word, a metric may have any name. */
export function limitName(metric: string, period: Period): string {
  return `${period}/${storageKey(metric)}`
}

const FORMAT = 1

function textOf({ limits, settled, found }: LayoutFacts): string {
  return JSON.stringify([
    FORMAT,
    limits.map(({ metric, period, max, covers }) => [metric, period, max, covers]),
    settled,
    found.map(({ metric, above, below, hour }) => [metric, above, below, hour]),
  ])
}
