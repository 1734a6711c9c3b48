/**
 * Remembers sets of matched rules as a graph, so that a request with known rules finds its usage without allocation.
 */
import { type Usage, type UsageShape, usageOf } from '../domain/usage.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { ShapeCache } from './shape-cache.ts'

/** A set of rules that matched, in the order in which they were found. */
export interface MatchedRules {
  readonly members: readonly CompiledRule[]
  /** The sum of their usage; undefined until it is needed. */
  shape: UsageShape | 'no-match' | undefined
  /** Larger sets, by the rules that were added. */
  further: Map<readonly CompiledRule[], MatchedRules> | undefined
}

export interface RuleSets {
  /** The empty set. */
  none(): MatchedRules
  /** The set with these rules added; the same object for the same addition. */
  with(set: MatchedRules, rules: readonly CompiledRule[]): MatchedRules
  /**
   * The usage that the rules of a set add up to, the same object each time.
   *
   * @throws UsageError if the sum is not a usage.
   */
  usageOf(set: MatchedRules): UsageShape | 'no-match'
}

/** Rules with n query conditions can make 2^n sets; beyond this number all sets are dropped. */
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

/** The rules that count: in the order of the list, up to the first that is `last`. */
export function countingRules(matched: readonly CompiledRule[]): readonly CompiledRule[] {
  const ordered = matched.toSorted((one, other) => one.index - other.index)
  const last = ordered.findIndex((rule) => rule.last)
  return last === -1 ? ordered : ordered.slice(0, last + 1)
}

function createSet(members: readonly CompiledRule[]): MatchedRules {
  return { members, shape: undefined, further: undefined }
}

/** Adds up the deltas and drops metrics with a total of 0 or less (APIcast usage.lua). */
function sumOf(rules: readonly CompiledRule[]): Usage {
  const totals = new Map<string, number>()
  for (const { metric, delta } of rules) totals.set(metric, (totals.get(metric) ?? 0) + delta)
  return usageOf([...totals].filter(([, total]) => total > 0))
}
