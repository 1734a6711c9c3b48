/**
 * Finds ancestors of a metric that the backend does not list. It predicts a usage that fills a candidate's limit
 * exactly, plus one of the metric: if the backend denies it, the candidate is an ancestor.
 */
import { storageKey } from '../../domain/storage-key.ts'
import { type Usage, usageOf } from '../../domain/usage.ts'
import type { UsageReport, Verdict } from '../../domain/verdict.ts'
import type { MetricHierarchy } from '../../ledger/plan/metric-hierarchy.ts'
import type { ServiceLedger } from '../../ledger/service-ledger.ts'
import type { AncestorSearch } from '../callers/caller-status.ts'

/** Asks the backend by `authorize`; undefined when no verdict about limits came. */
export type Predict = (usage: Usage) => Promise<Verdict | undefined>

const MAX_QUESTIONS = 5

/**
 * Finds which of the candidates (top-most first) are ancestors of `metric`.
 *
 * @param candidatesToo whether to find the hidden ancestors of each candidate first.
 */
export async function findAncestors(
  service: ServiceLedger,
  metric: string,
  candidates: readonly string[],
  predict: Predict,
  candidatesToo = true,
): Promise<AncestorSearch> {
  const { hierarchy } = service
  const learn = (above: string, below: boolean) =>
    service.learnAncestor(metric, above, below, service.ledger.clock.now())
  const alone = await predict(usageOf([[metric, 1]]))
  if (alone === undefined) return { kind: 'unanswered' }
  const open = new Set(candidates)
  for (const [above, below] of shownByOne(hierarchy, metric, open, alone)) {
    open.delete(above)
    learn(above, below)
  }
  if (!alone.authorized) return open.size === 0 ? FOUND_ALL : { kind: 'refused', verdict: alone }
  let reports = alone.usageReports
  for (const above of [...open]) {
    if (candidatesToo) {
      const hidden = hierarchy.hiddenAbove(above, reports.map(limitedMetric), service.ledger.clock.now())
      if (hidden.length > 0) await findAncestors(service, above, hidden, predict, false)
    }
    let below: boolean | undefined = hierarchy.isBelow(metric, above) || undefined
    let before: number | undefined
    for (let question = 0; below === undefined && question < MAX_QUESTIONS; question++) {
      const usage = probeFor(hierarchy, metric, above, reports)
      // The same question would get the same answer; so would the first one, with the metric alone.
      if (usage[above] === before) break
      before = usage[above]
      const verdict = await predict(usage)
      if (verdict === undefined) return { kind: 'unanswered' }
      reports = verdict.usageReports
      const aboveIt = hierarchy.hiddenAbove(above, reports.map(limitedMetric), service.ledger.clock.now())
      below = shownByProbe(hierarchy, { metric, above, open, aboveIt }, usage, verdict)
    }
    if (below === undefined) return { kind: 'open' }
    open.delete(above)
    learn(above, below)
  }
  return FOUND_ALL
}

const limitedMetric = ({ metric }: UsageReport): string => metric

const FOUND_ALL: AncestorSearch = Object.freeze({ kind: 'settled' })

/**
 * Whether no limit holds for the metrics of the question or their ancestors. Valid only for usage of at least 1 of each
 * (apisonator docs/extensions.md, limit_headers: with usage 0 a -1 can hide a full limit).
 */
export function isUnlimited({ authorized, limit }: Verdict): boolean {
  return authorized && limit !== undefined && limit.remaining === -1 && limit.max === undefined
}

/** What an `authorize` with one of the metric alone shows about the candidates. */
function shownByOne(
  hierarchy: MetricHierarchy,
  metric: string,
  open: ReadonlySet<string>,
  verdict: Verdict,
): [above: string, below: boolean][] {
  if (isUnlimited(verdict)) return [...open].map((above) => [above, false])
  const usage = usageOf([[metric, 1]])
  const full = [...open].filter((above) => breaks(hierarchy, usage, verdict.usageReports, { [metric]: [above] }))
  if (verdict.authorized) return full.map((above) => [above, false])
  const explained = breaks(hierarchy, usage, verdict.usageReports, {})
  if (explained) return []
  // A metric that is below one of them is below all that are above that one.
  const certain = full.filter((above) => full.every((one) => one === above || hierarchy.isBelow(one, above)))
  return certain.map((above) => [above, true])
}

/** @param aboveIt possible ancestors of the candidate itself, whose limits its amount could break. */
function shownByProbe(
  hierarchy: MetricHierarchy,
  {
    metric,
    above,
    open,
    aboveIt,
  }: { metric: string; above: string; open: ReadonlySet<string>; aboveIt: readonly string[] },
  usage: Usage,
  { authorized, usageReports }: Verdict,
): boolean | undefined {
  if (authorized) return breaks(hierarchy, usage, usageReports, { [metric]: [above] }) ? false : undefined
  // If the metric is below one of the others, and that is below the candidate, then the metric is so, too.
  const others = [...open].filter((other) => other !== above && !hierarchy.isBelow(other, above))
  return breaks(hierarchy, usage, usageReports, { [metric]: others, [above]: aboveIt }) ? undefined : true
}

/** One of the metric, and so much of the candidate that its limits have no room for that one. */
function probeFor(hierarchy: MetricHierarchy, metric: string, above: string, reports: readonly UsageReport[]): Usage {
  let remaining = Number.POSITIVE_INFINITY
  for (const { metric: limited, max, current } of reports) {
    if (limited !== above && !hierarchy.isBelow(above, limited)) continue
    remaining = Math.min(remaining, max - current - (hierarchy.isBelow(metric, limited) ? 1 : 0))
  }
  const one: [string, number] = [metric, 1]
  return usageOf(Number.isFinite(remaining) && remaining > 0 ? [one, [above, remaining]] : [one])
}

/** Whether the usage breaks a limit if its metrics have the assumed ancestors as well. */
function breaks(
  hierarchy: MetricHierarchy,
  usage: Usage,
  reports: readonly UsageReport[],
  assumed: Readonly<Record<string, readonly string[]>>,
): boolean {
  const used = Object.entries(usage).map(([metric, amount]) => ({
    amount,
    above: allAbove(hierarchy, metric, assumed),
  }))
  return reports.some(({ metric, max, current }) => {
    const below = used.filter(({ above }) => above.has(storageKey(metric)))
    const need = below.reduce((sum, { amount }) => sum + amount, 0)
    return below.length > 0 && current + need > max
  })
}

/** The metric itself and all its ancestors, known and assumed, by the names under which the backend stores them. */
function allAbove(
  hierarchy: MetricHierarchy,
  metric: string,
  assumed: Readonly<Record<string, readonly string[]>>,
): ReadonlySet<string> {
  const above = new Set([storageKey(metric)])
  const more = new Map(
    Object.entries(assumed).map(([name, ancestors]) => [storageKey(name), ancestors.map(storageKey)]),
  )
  // The iteration of a set also visits what is added meanwhile.
  for (const one of above) {
    for (const ancestor of hierarchy.ancestorsOf(one)) above.add(ancestor)
    for (const ancestor of more.get(one) ?? []) above.add(ancestor)
  }
  return above
}
