/** Finds the usage of a request: a fixed one, by a function, or by mapping rules. Counts nothing. */

import type { Usage } from '../domain/usage.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'
import { type BackendMounts, createMountRules } from './backend-mounts.ts'
import { compileRule } from './compiled-rule.ts'
import type { MeasuredUsage } from './measured-usage.ts'
import { mountedView } from './mounted-view.ts'
import type { Rule } from './rule.ts'
import { createRuleExplainer } from './rule-explainer.ts'
import type { RuleExplanation } from './rule-explanation.ts'
import { createRuleMatcher } from './rule-matcher.ts'
import { createUsageMeaning } from './rule-meaning.ts'
import { createShapeCache } from './shape-cache.ts'

export interface UsageSettings<View extends RequestView = RequestView> {
  readonly usage?: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  /** Takes precedence over `usage`. */
  readonly mappingRules?: readonly Rule[] | undefined
  readonly caseInsensitivePaths?: boolean | undefined
  /** Whose rules count for which path. Default: all for all. */
  readonly backends?: BackendMounts | undefined
  /** The path below which rules see the requests. Default: rules see them as they are. */
  readonly mountPath?: string | undefined
}

export interface UsageReader<View extends RequestView = RequestView> {
  /**
   * Equal usages have the same shape object, as long as there are fewer than a thousand. 'no-match': there is no usage,
   * so the request is denied; 'ambiguous': the path can be read in ways that match different rules.
   *
   * @throws UsageError (or rejects with it) if the function's value or the sum of the rules is not a usage; what the
   *   function throws.
   */
  read(view: View): MaybePromise<MeasuredUsage>
  /** Each rule, and why it counts for the request or not; empty without rules. */
  explain(view: View): RuleExplanation[]
  /** Metrics that are known before any request; empty for a function. */
  readonly metrics: readonly string[]
}

export function createUsageReader<View extends RequestView = RequestView>(
  settings: UsageSettings<View>,
): UsageReader<View> {
  const { usage, mappingRules, caseInsensitivePaths, backends, mountPath } = settings
  const shapes = createShapeCache()
  if (mappingRules !== undefined) {
    const rules = mappingRules.map((rule, index) => compileRule(rule, index))
    const mounts = backends && createMountRules(backends, rules.length)
    const meaning = createUsageMeaning(shapes, mounts)
    const { match } = createRuleMatcher([...rules, ...(mounts?.rules ?? [])], caseInsensitivePaths, meaning)
    const explain = createRuleExplainer(rules, caseInsensitivePaths, mounts)
    return {
      read: mountPath === undefined ? match : (view) => match(mountedView(view, mountPath)),
      explain: mountPath === undefined ? explain : (view) => explain(mountedView(view, mountPath)),
      metrics: [...new Set(mappingRules.map(({ metric }) => metric))],
    }
  }
  const explain = () => []
  if (typeof usage === 'function') {
    const shapeOf = (given: Usage | null | undefined) =>
      given === undefined || given === null ? 'no-match' : shapes.shapeOf(given)
    return {
      read(view) {
        const given = usage(view)
        return isPromise(given) ? given.then(shapeOf) : shapeOf(given)
      },
      explain,
      metrics: [],
    }
  }
  const fixed = usage === undefined ? 'no-match' : shapes.shapeOf(usage)
  return { read: () => fixed, explain, metrics: Object.keys(usage ?? {}) }
}
