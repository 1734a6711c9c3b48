/**
 * Remembers sets of matched rules as a graph, so that a request with known rules finds their meaning without allocation.
 */
import type { CompiledRule } from './compiled-rule.ts'
import type { RuleMeaning } from './rule-meaning.ts'

/** A set of rules that matched, in the order in which they were found. */
export interface MatchedRules {
  readonly members: readonly CompiledRule[]
  /** Those that count; undefined until they are needed. */
  counted: readonly CompiledRule[] | undefined
  /** What they amount to; undefined until it is needed. */
  result: unknown
  /** Larger sets, by the rules that were added. */
  further: Map<readonly CompiledRule[], MatchedRules> | undefined
}

export interface RuleSets<Result = unknown> {
  /** The empty set. */
  none(): MatchedRules
  /** The set with these rules added; the same object for the same addition. */
  with(set: MatchedRules, rules: readonly CompiledRule[]): MatchedRules
  /** The rules of a set that count. */
  countedOf(set: MatchedRules): readonly CompiledRule[]
  /** What the rules of a set amount to, the same object each time. Throws what the meaning throws. */
  resultOf(set: MatchedRules): Result
}

/** Rules with n query conditions can make 2^n sets; beyond this number all sets are dropped. */
const MAX_SETS = 20_000

export function createRuleSets<Result>(meaning: RuleMeaning<Result>): RuleSets<Result> {
  let count = 0
  let root = createSet([])

  function countedOf(set: MatchedRules): readonly CompiledRule[] {
    set.counted ??= meaning.counting(set.members)
    return set.counted
  }

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
    countedOf,
    resultOf(set) {
      set.result ??= meaning.resultOf(countedOf(set))
      return set.result as Result
    },
  }
}

function createSet(members: readonly CompiledRule[]): MatchedRules {
  return { members, counted: undefined, result: undefined, further: undefined }
}
