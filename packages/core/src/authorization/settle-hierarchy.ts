/**
 * Finds out by questions which limited metrics are hidden ancestors of another: uses up an ancestor's rest in a
 * prediction together with one more of the metric, and sees whether a limit breaks.
 */
import type { NotAuthorized, UsageReport, Verdict } from '../client/verdict.ts'
import type { Application } from '../ledger/application.ts'
import type { Hierarchy } from '../ledger/hierarchy.ts'
import { type Usage, usageOf } from '../usage.ts'

/** Asks by authorize; undefined when no verdict about limits came. */
export type Predict = (usage: Usage) => Promise<Verdict | undefined>

/**
 * settled: all is known; refused: one of several full limits holds for the metric, whichever; unanswered: the backend
 * could not be asked; open: another limit leaves no room for a question that shows it, or somebody else's usage moved the
 * counts under each.
 */
export type Settlement =
  | { readonly kind: 'settled' | 'unanswered' | 'open' }
  | { readonly kind: 'refused'; readonly verdict: NotAuthorized }

const MAX_QUESTIONS = 5

/** Settles which of the candidates (top-most first) `metric` is below. */
export async function settleHidden(
  account: Application,
  metric: string,
  candidates: readonly string[],
  predict: Predict,
): Promise<Settlement> {
  const { service } = account
  const { hierarchy } = service
  const note = (above: string, below: boolean) => service.settle(metric, above, below, service.ledger.clock.now())
  const alone = await predict(usageOf([[metric, 1]]))
  if (alone === undefined) return { kind: 'unanswered' }
  const open = new Set(candidates)
  for (const [above, below] of whatOneShows(hierarchy, metric, open, alone)) {
    open.delete(above)
    note(above, below)
  }
  if (!alone.authorized) return open.size === 0 ? SETTLED : { kind: 'refused', verdict: alone }
  let reports = alone.usageReports
  for (const above of [...open]) {
    let below: boolean | undefined = hierarchy.isBelow(metric, above) || undefined
    let before: number | undefined
    for (let question = 0; below === undefined && question < MAX_QUESTIONS; question++) {
      const usage = probeFor(hierarchy, metric, above, reports)
      // The same question, the first of all included, would get the same answer.
      if (usage[above] === before) break
      before = usage[above]
      const verdict = await predict(usage)
      if (verdict === undefined) return { kind: 'unanswered' }
      reports = verdict.usageReports
      below = whatProbeShows(hierarchy, { metric, above, open }, usage, verdict)
    }
    if (below === undefined) return { kind: 'open' }
    open.delete(above)
    note(above, below)
  }
  return SETTLED
}

const SETTLED: Settlement = Object.freeze({ kind: 'settled' })

/**
 * Nothing limits any of the metrics asked with, nor an ancestor of them; only for usage of at least 1 of each
 * (apisonator docs/extensions.md, limit_headers: with usage 0 a -1 can hide a full limit).
 */
export function isUnlimited({ authorized, limit }: Verdict): boolean {
  return authorized && limit !== undefined && limit.remaining === -1 && limit.max === undefined
}

/** What an authorize with one of the metric alone settles about the candidates. */
function whatOneShows(
  hierarchy: Hierarchy,
  metric: string,
  open: ReadonlySet<string>,
  verdict: Verdict,
): [above: string, below: boolean][] {
  if (isUnlimited(verdict)) return [...open].map((above) => [above, false])
  const usage = usageOf([[metric, 1]])
  const full = [...open].filter((above) => breaks(hierarchy, usage, verdict.usageReports, metric, [above]))
  if (verdict.authorized) return full.map((above) => [above, false])
  const explained = breaks(hierarchy, usage, verdict.usageReports, metric, [])
  // Ancestors of a full one break together with it, so only a single candidate is sure.
  return !explained && full.length === 1 && open.size === 1 ? [[full[0]!, true]] : []
}

function whatProbeShows(
  hierarchy: Hierarchy,
  { metric, above, open }: { metric: string; above: string; open: ReadonlySet<string> },
  usage: Usage,
  { authorized, usageReports }: Verdict,
): boolean | undefined {
  if (authorized) return breaks(hierarchy, usage, usageReports, metric, [above]) ? false : undefined
  const others = [...open].filter((other) => other !== above)
  return breaks(hierarchy, usage, usageReports, metric, others) ? undefined : true
}

/** One of the metric, and of the ancestor as much as leaves no room for that one. */
function probeFor(hierarchy: Hierarchy, metric: string, above: string, reports: readonly UsageReport[]): Usage {
  let rest = Number.POSITIVE_INFINITY
  for (const { metric: limited, max, current } of reports) {
    if (limited !== above && !hierarchy.isBelow(above, limited)) continue
    rest = Math.min(rest, max - current - (hierarchy.isBelow(metric, limited) ? 1 : 0))
  }
  const one: [string, number] = [metric, 1]
  return usageOf(Number.isFinite(rest) && rest > 0 ? [one, [above, rest]] : [one])
}

/** Whether the usage breaks a limit if `metric` is also below the `assumed` ones. */
function breaks(
  hierarchy: Hierarchy,
  usage: Usage,
  reports: readonly UsageReport[],
  metric: string,
  assumed: readonly string[],
): boolean {
  const isBelow = (used: string, limited: string): boolean =>
    used === limited ||
    hierarchy.isBelow(used, limited) ||
    ((used === metric || hierarchy.isBelow(used, metric)) &&
      assumed.some((above) => above === limited || hierarchy.isBelow(above, limited)))
  return reports.some(({ metric: limited, max, current }) => {
    const amounts = Object.entries(usage).filter(([used]) => isBelow(used, limited))
    const need = amounts.reduce((sum, [, amount]) => sum + amount, 0)
    return amounts.length > 0 && current + need > max
  })
}
