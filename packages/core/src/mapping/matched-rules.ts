/** Sets of matched rules as a graph that is walked, not built: the same rules lead to the same usage shape, without a lookup by text. */
import { type Usage, type UsageShape, usageOf } from '../usage.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { ShapeCache } from './shape-cache.ts'

/** Rules that matched so far. */
export interface MatchedRules {
  /** The usage they add up to. Computed on first call. Throws UsageError when the sum is no usage. */
  usage(): UsageShape | 'no-match'
  /** The rules that count, by their place in the list; equal for equal sets. */
  key(): string
  /** The set with these rules added; the same object for the same addition. */
  with(rules: readonly CompiledRule[]): MatchedRules
}

/** Query conditions make up to 2^n sets; beyond this many all are forgotten. */
const MAX_SETS = 10_000

export interface MatchedRulesRoot {
  /** No rule matched yet. */
  none(): MatchedRules
}

export function createMatchedRules(shapes: ShapeCache): MatchedRulesRoot {
  let count = 0
  let root = createSet([])

  function createSet(members: readonly CompiledRule[]): MatchedRules {
    const further = new Map<readonly CompiledRule[], MatchedRules>()
    let shape: UsageShape | 'no-match' | undefined
    return {
      usage() {
        shape ??= shapes.shapeOf(sumOf(countingRules(members)))
        return shape
      },
      key: () =>
        countingRules(members)
          .map((rule) => rule.index)
          .join(),
      with(rules) {
        const known = further.get(rules)
        if (known !== undefined) return known
        if (++count > MAX_SETS) {
          count = 0
          root = createSet([])
        }
        const larger = createSet([...members, ...rules])
        further.set(rules, larger)
        return larger
      },
    }
  }

  return { none: () => root }
}

/** In list order, up to the first that is `last`. */
export function countingRules(matched: readonly CompiledRule[]): readonly CompiledRule[] {
  const ordered = matched.toSorted((one, other) => one.index - other.index)
  const last = ordered.findIndex((rule) => rule.last)
  return last === -1 ? ordered : ordered.slice(0, last + 1)
}

/** Deltas added up; metrics with a total of 0 or less are dropped (APIcast usage.lua). */
function sumOf(rules: readonly CompiledRule[]): Usage {
  const totals = new Map<string, number>()
  for (const { metric, delta } of rules) totals.set(metric, (totals.get(metric) ?? 0) + delta)
  return usageOf([...totals].filter(([, total]) => total > 0))
}
