/**
 * The layouts of one service: made from answers of 3scale, or read as another process wrote them. What is read teaches
 * this process which metrics exist and what they fall under, so that no process asks what another one has found out.
 */
import { HOUR_MS, isPeriod } from '../../domain/period.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { UsageReport } from '../../domain/verdict.ts'
import type { Clock } from '../../primitives/clock.ts'
import { type LayoutFacts, type LayoutLimit, limitName, PlanLayout } from './layout.ts'
import type { FoundAncestor, MetricHierarchy } from './metric-hierarchy.ts'
import type { MetricTable } from './metric-table.ts'

/** What layouts need of their service. */
export interface LayoutService {
  readonly metrics: MetricTable
  readonly hierarchy: MetricHierarchy
  /** To be called after something was learned of the metrics. */
  forgetFootprints(): void
}

// As many layouts as a service has plans, and some that no application has any more.
const MAX_LAYOUTS = 1000

interface Made {
  readonly layout: PlanLayout
  /** How often something had been learned of the metrics by then. */
  readonly learned: number
  /** The hour in which it was made: what questions found out ends with an hour. */
  readonly hour: number
}

export class Layouts {
  readonly #service: LayoutService
  /** Ours, not the store's: lists and findings are dated by it. */
  readonly #clock: Pick<Clock, 'now'>
  readonly #byText = new Map<string, PlanLayout>()
  readonly #made = new Map<string, Made>()

  constructor(service: LayoutService, clock: Pick<Clock, 'now'>) {
    this.#service = service
    this.#clock = clock
  }

  /** The layout of an answer's limits, by all that this process knows of the metrics. */
  of(reports: readonly UsageReport[]): PlanLayout {
    const now = this.#clock.now()
    const wanted = sorted(reports)
    const key = JSON.stringify(wanted.map(({ metric, period, max }) => [metric, period, max]))
    const learned = this.#service.metrics.changes + this.#service.hierarchy.changes
    const hour = Math.floor(now / HOUR_MS)
    const made = this.#made.get(key)
    if (made !== undefined && made.learned === learned && made.hour === hour) return made.layout
    const facts = this.#factsOf(wanted, now)
    const layout = this.#keep(new PlanLayout(facts, this.#settles))
    if (this.#made.size >= MAX_LAYOUTS) this.#made.clear()
    this.#made.set(key, { layout, learned, hour })
    return layout
  }

  /** Reads a text that another process wrote, and learns from it. Undefined: it is none of a layout. */
  read(text: string): PlanLayout | undefined {
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const facts = factsIn(text)
    if (facts === undefined) return undefined
    this.#learn(facts)
    return this.#keep(new PlanLayout(facts, this.#settles, text))
  }

  #keep(layout: PlanLayout): PlanLayout {
    const known = this.#byText.get(layout.text)
    if (known !== undefined) return known
    if (this.#byText.size >= MAX_LAYOUTS) this.#byText.clear()
    this.#byText.set(layout.text, layout)
    return layout
  }

  #factsOf(reports: readonly UsageReport[], now: number): LayoutFacts {
    const { metrics, hierarchy } = this.#service
    const limited = [...new Set(reports.map(({ metric }) => storageKey(metric)))]
    const below = new Map(limited.map((metric) => [metric, [metric, ...hierarchy.allBelow(metric)].sort()]))
    const known = new Set([...below.values()].flat())
    for (const metric of metrics.proved()) known.add(storageKey(metric))
    const settled = [...known].filter((metric) => hierarchy.hiddenAbove(metric, limited, now).length === 0).sort()
    const found = [...known].sort().flatMap((metric) => hierarchy.found(metric, limited, now))
    const limits = reports.map(({ metric, period, max }): LayoutLimit => {
      const stored = storageKey(metric)
      return { name: limitName(metric, period), metric: stored, period, max, covers: below.get(stored)! }
    })
    return { limits, settled, found }
  }

  /** Whether this process itself knows what a metric falls under, and the layout says the same. */
  readonly #settles = (metric: string, layout: PlanLayout): boolean => {
    const { metrics, hierarchy } = this.#service
    if (!metrics.isProved(metric)) return false
    const limited = layout.limits.map((limit) => limit.metric)
    if (hierarchy.hiddenAbove(metric, limited, this.#clock.now()).length > 0) return false
    const above = hierarchy.ancestorsOf(metric)
    return limited.every((limit, index) => !above.has(limit) || layout.covers(index, metric))
  }

  #learn({ limits, settled, found }: LayoutFacts): void {
    const now = this.#clock.now()
    const { metrics, hierarchy } = this.#service
    // What an answer told this process is newer than what is read, or the same.
    const isOpen = (metric: string, above: string) => hierarchy.hiddenAbove(metric, [above], now).length > 0
    for (const { metric, above, below, hour } of found) {
      if (isOpen(metric, above)) hierarchy.hearOfAncestor(metric, above, below, hour * HOUR_MS, 'told')
    }
    const free = new Set(settled)
    for (const metric of free) metrics.hearOf(metric)
    const covered = limits.map(({ covers }) => new Set(covers))
    for (const metric of new Set([...settled, ...limits.flatMap(({ covers }) => covers)])) {
      hierarchy.meet(metric)
      limits.forEach((limit, index) => {
        const below = covered[index]!.has(metric)
        if (!below && !free.has(metric)) return
        if (isOpen(metric, limit.metric)) hierarchy.hearOfAncestor(metric, limit.metric, below, now, 'lists')
      })
    }
    this.#service.forgetFootprints()
  }
}

/** The limits in the order of a layout. */
export function sorted(reports: readonly UsageReport[]): UsageReport[] {
  const name = ({ metric, period }: UsageReport) => limitName(metric, period)
  return reports.toSorted((one, other) => (name(one) < name(other) ? -1 : 1))
}

function factsIn(text: string): LayoutFacts | undefined {
  let told: unknown
  try {
    told = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(told) || told[0] !== 1 || !Array.isArray(told[1]) || !isTexts(told[2])) return undefined
  const limits: LayoutLimit[] = []
  for (const limit of told[1]) {
    if (!Array.isArray(limit)) return undefined
    const [metric, period, max, covers] = limit
    if (typeof metric !== 'string' || !isPeriod(period) || !Number.isSafeInteger(max) || !isTexts(covers))
      return undefined
    limits.push({ name: limitName(metric, period), metric, period, max, covers })
  }
  if (!Array.isArray(told[3])) return undefined
  const found: FoundAncestor[] = []
  for (const finding of told[3]) {
    if (!Array.isArray(finding)) return undefined
    const [metric, above, below, hour] = finding
    if (!isTexts([metric, above]) || typeof below !== 'boolean' || !Number.isSafeInteger(hour)) return undefined
    found.push({ metric, above, below, hour })
  }
  return { limits, settled: told[2], found }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
