/** Explains for each rule why it counts for a request or not. Tests one rule at a time, so it is slow. */
import type { RequestView } from '../request/request-view.ts'
import type { MountRules } from './backend-mounts.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { createQueryArguments } from './query-arguments.ts'
import type { RuleExplanation } from './rule-explanation.ts'
import { createRuleMatcher } from './rule-matcher.ts'
import { countingRules, createUsageMeaning } from './rule-meaning.ts'
import { createShapeCache } from './shape-cache.ts'

/** Keeps the order of the rules. */
export function createRuleExplainer(
  rules: readonly CompiledRule[],
  ignoreCase: boolean | undefined,
  mounts: MountRules | undefined,
): (view: RequestView) => RuleExplanation[] {
  const { counting } = createUsageMeaning(createShapeCache(), mounts)
  return (view) => {
    const explainAs = (method: string) => rules.map((rule) => mismatchOf(rule, method, view, ignoreCase))
    const own = explainAs(view.method)
    const matching = rules.filter((_, index) => own[index] === undefined)
    const asGet = view.method === 'HEAD' && matching.length > 0 && matching.every(({ method }) => method === 'ANY')
    const mismatches = asGet ? explainAs('GET') : own
    const matched = rules.filter((_, index) => mismatches[index] === undefined)
    const mounted = mounts?.rules.filter((rule) => mismatchOf(rule, 'GET', view, ignoreCase) === undefined) ?? []
    const counted = counting([...matched, ...mounted])
    return rules.map((rule, index) => {
      const mismatch = mismatches[index]
      if (mismatch !== undefined) return { rule: rule.title, matched: false, why: mismatch }
      if (!counted.includes(rule)) {
        const why = countingRules(matched).includes(rule) ? OTHER_BACKEND : AFTER_LAST
        return { rule: rule.title, matched: false, why }
      }
      return { rule: rule.title, matched: true, why: 'method, path and query match' }
    })
  }
}

/** Why a rule does not match; undefined if it does. */
function mismatchOf(
  rule: CompiledRule,
  method: string,
  view: RequestView,
  ignoreCase: boolean | undefined,
): string | undefined {
  if (rule.method !== 'ANY' && rule.method !== method) return `the method is ${method}, not ${rule.method}`
  const pathOnly: CompiledRule = { ...rule, method: 'ANY', conditions: [], delta: 1, last: false }
  const path = createRuleMatcher([pathOnly], ignoreCase, createUsageMeaning(createShapeCache())).match(view)
  if (path === 'no-match') return 'the path does not match'
  if (path === 'ambiguous') return 'the path can be read in several ways, and not all of them match'
  const given = createQueryArguments(view)
  for (const condition of rule.conditions) {
    const result = condition.check(given)
    if (result !== 'holds') return `the parameter ${JSON.stringify(condition.name)} ${MISMATCHES[result]}`
  }
  return undefined
}

const AFTER_LAST = 'it would match, but an earlier rule that matches is the last one'
const OTHER_BACKEND = 'it would match, but the path belongs to another backend, or to none'

const MISMATCHES = {
  missing: 'is missing',
  'other value': 'has another value',
  'holds for APIcast': 'has several values, and not all of them match',
  'holds for the handler': 'has several values, and not all of them match',
}
