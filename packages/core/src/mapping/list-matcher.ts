/** Finds the first of several lists of rules that a request matches. Adds up no usage. */
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import type { Rule } from './rule.ts'
import { createRuleMatcher, type RuleMatcher } from './rule-matcher.ts'
import type { RuleMeaning } from './rule-meaning.ts'

/**
 * The index of the first list with a rule that matches, whatever its delta; -1 for none. Ambiguous if the request can be
 * read in ways that match different lists first.
 */
export type ListMatcher = RuleMatcher<number>

/**
 * @param lists undefined for a list that every request matches.
 * @param noneDenies whether a request is denied if it matches no list.
 */
export function createListMatcher(
  lists: readonly (readonly Rule[] | undefined)[],
  ignoreCase: boolean | undefined,
  noneDenies: boolean,
): ListMatcher {
  const listOf = new Map<CompiledRule, number>()
  for (const [list, rules] of lists.entries()) {
    for (const rule of rules ?? [EVERYTHING]) listOf.set(compileRule(rule, listOf.size), list)
  }
  const first = ([rule]: readonly CompiledRule[]) => (rule === undefined ? Number.POSITIVE_INFINITY : listOf.get(rule)!)
  const meaning: RuleMeaning<number> = {
    counting(members) {
      const [rule] = members.toSorted((one, other) => one.index - other.index)
      return rule === undefined ? [] : [rule]
    },
    resultOf: (counted) => (counted.length === 0 ? -1 : first(counted)),
    same: (one, other) => first(one) === first(other),
    // Routes that are served for a later list need no care: one of an earlier list would be served without being asked.
    hasMore: (counted, other) => first(other) < first(counted),
    emptyDenies: noneDenies,
  }
  return createRuleMatcher([...listOf.keys()], ignoreCase, meaning)
}

const EVERYTHING: Rule = { method: 'ANY', pattern: '/', metric: 'hits', delta: 1, last: false }
