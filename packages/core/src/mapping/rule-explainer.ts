/** Explains for each rule why it counts for a request or not. Tests one rule at a time, so it is slow. */
import type { RequestView } from '../request/request-view.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { countingRules } from './matched-rules.ts'
import { createQueryArguments, queryOf } from './query-arguments.ts'
import type { RuleExplanation } from './rule-explanation.ts'
import { createRuleMatcher } from './rule-matcher.ts'
import { createShapeCache } from './shape-cache.ts'

/** Keeps the order of the rules. */
export function createRuleExplainer(
  rules: readonly CompiledRule[],
  caseInsensitive: boolean,
): (view: RequestView) => RuleExplanation[] {
  return (view) => {
    const mismatches = rules.map((rule) => mismatchOf(rule, view, caseInsensitive))
    const counting = countingRules(rules.filter((_, index) => mismatches[index] === undefined))
    return rules.map((rule, index) => {
      const mismatch = mismatches[index]
      if (mismatch !== undefined) return { rule: rule.title, matched: false, why: mismatch }
      if (!counting.includes(rule)) {
        return {
          rule: rule.title,
          matched: false,
          why: 'it would match, but an earlier rule that matches is the last one',
        }
      }
      return { rule: rule.title, matched: true, why: 'method, path and query match' }
    })
  }
}

/** Why a rule does not match; undefined if it does. */
function mismatchOf(rule: CompiledRule, view: RequestView, caseInsensitive: boolean): string | undefined {
  if (rule.method !== 'ANY' && rule.method !== view.method) return `the method is ${view.method}, not ${rule.method}`
  const pathOnly: CompiledRule = { ...rule, conditions: [], delta: 1, last: false }
  const path = createRuleMatcher([pathOnly], caseInsensitive, createShapeCache()).match(view)
  if (path === 'no-match') return 'the path does not match'
  if (path === 'ambiguous') return 'the path can be read in several ways, and not all of them match'
  const given = createQueryArguments(view, queryOf(view.url))
  for (const condition of rule.conditions) {
    const problem = condition.problem(given)
    if (problem !== undefined) return `the parameter ${JSON.stringify(condition.name)} ${problem}`
  }
  return undefined
}
