/** Sets of matched rules as a graph that is walked, not built: the same rules lead to the same usage shape. */
import { type Usage, type UsageShape, usageOf } from '../domain/usage.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { ShapeCache } from './shape-cache.ts'

/** Rules that matched, in the order they were found. */
export interface MatchedRules {
  readonly members: readonly CompiledRule[]
  /** What they add up to; undefined until it is asked for. */
  shape: UsageShape | 'no-match' | undefined
  /** Sets with more rules, by what was added. */
  further: Map<readonly CompiledRule[], MatchedRules> | undefined
}

export interface RuleSets {
  /** No rule matched yet. */
  none(): MatchedRules
  /** The set with these rules added; the same object for the same addition. */
  with(set: MatchedRules, rules: readonly CompiledRule[]): MatchedRules
  /**
   * The usage that a set adds up to, the same object each time.
   *
   * @throws UsageError when the sum is no usage.
   */
  usageOf(set: MatchedRules): UsageShape | 'no-match'
}

/** Query conditions make up to 2^n sets; beyond this many all are forgotten. */
const MAX_SETS = 20_000

export function createRuleSets(shapes: ShapeCache): RuleSets {
  let count = 0
  let root = createSet([])

  return {
    none: () => root,
    with(set, rules) {
      const known = set.further?.get(rules)
      if (known !== undefined) return known
      if (++count > MAX_SETS) {
        count = 0
        root = createSet([])
      }
      const larger = createSet([...set.members, ...rules])
      set.further ??= new Map()
      set.further.set(rules, larger)
      return larger
    },
    usageOf(set) {
      set.shape ??= shapes.shapeOf(sumOf(countingRules(set.members)))
      return set.shape
    },
  }
}

/** In list order, up to the first that is `last`. */
export function countingRules(matched: readonly CompiledRule[]): readonly CompiledRule[] {
  const ordered = matched.toSorted((one, other) => one.index - other.index)
  const last = ordered.findIndex((rule) => rule.last)
  return last === -1 ? ordered : ordered.slice(0, last + 1)
}

function createSet(members: readonly CompiledRule[]): MatchedRules {
  return { members, shape: undefined, further: undefined }
}

/** Deltas added up; metrics with a total of 0 or less are dropped (APIcast usage.lua). */
function sumOf(rules: readonly CompiledRule[]): Usage {
  const totals = new Map<string, number>()
  for (const { metric, delta } of rules) totals.set(metric, (totals.get(metric) ?? 0) + delta)
  return usageOf([...totals].filter(([, total]) => total > 0))
}
