/** What sets of matched rules mean: by that the readings of a request are compared. */
import { type Usage, type UsageShape, usageOf } from '../domain/usage.ts'
import type { MountRules } from './backend-mounts.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { ShapeCache } from './shape-cache.ts'

export interface RuleMeaning<Result> {
  /** The rules of a set that count, in the order of the list. */
  counting(members: readonly CompiledRule[]): readonly CompiledRule[]
  /** What rules that count amount to. */
  resultOf(counted: readonly CompiledRule[]): Result
  /** Whether two readings, of which these rules count, mean the same. */
  same(one: readonly CompiledRule[], other: readonly CompiledRule[]): boolean
  /** Whether another form of the path means something that the path itself does not. */
  hasMore(counted: readonly CompiledRule[], other: readonly CompiledRule[]): boolean
  /** Whether a request is denied if no rule counts, so that its other readings need not be compared. */
  readonly emptyDenies: boolean
}

/**
 * The usage that rules add up to. Its `resultOf` throws a UsageError if the sum is not a usage.
 *
 * @param mounts undefined if the rules of all backends count for every path.
 */
export function createUsageMeaning(
  shapes: ShapeCache,
  mounts?: MountRules | undefined,
): RuleMeaning<UsageShape | 'no-match'> {
  return {
    counting(members) {
      if (mounts === undefined) return countingRules(members)
      // `last` ends the list before rules of other backends are taken back (APIcast mapping_rules_matcher.lua).
      return mounts.counting(countingRules(members.filter((rule) => !mounts.rules.includes(rule))), members)
    },
    resultOf: (counted) => shapes.shapeOf(sumOf(counted)),
    same: (one, other) => one.length === other.length && one.every((rule, at) => rule === other[at]),
    hasMore(counted, other) {
      const known = new Set(counted)
      return !other.every((rule) => known.has(rule))
    },
    emptyDenies: true,
  }
}

/** The rules that count: in the order of the list, up to the first that is `last`. */
export function countingRules(matched: readonly CompiledRule[]): readonly CompiledRule[] {
  const ordered = matched.toSorted((one, other) => one.index - other.index)
  const last = ordered.findIndex((rule) => rule.last)
  return last === -1 ? ordered : ordered.slice(0, last + 1)
}

/** Adds up the deltas and drops metrics with a total of 0 or less (APIcast usage.lua). */
function sumOf(rules: readonly CompiledRule[]): Usage {
  const totals = new Map<string, number>()
  for (const { metric, delta } of rules) totals.set(metric, (totals.get(metric) ?? 0) + delta)
  return usageOf([...totals].filter(([, total]) => total > 0))
}
