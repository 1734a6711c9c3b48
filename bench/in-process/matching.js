// @ts-check
/** Scenario: matching alone, from a request's target to the usage of its mapping rules. */

import { compileRule } from '../../packages/core/build/mapping/compiled-rule.js'
import { createRuleMatcher } from '../../packages/core/build/mapping/rule-matcher.js'
import { createUsageMeaning } from '../../packages/core/build/mapping/rule-meaning.js'
import { createShapeCache } from '../../packages/core/build/mapping/shape-cache.js'
import { mappingRules, pathOf } from '../backend/provider.js'

/**
 * @param {{ rules: number }} settings
 * @returns {import('./worker.js').Scenario}
 */
export function prepare({ rules }) {
  const compiled = mappingRules(rules).map((rule, index) => compileRule({ ...rule, last: false }, index))
  const matcher = createRuleMatcher(compiled, false, createUsageMeaning(createShapeCache()))
  // The same number of different requests for every number of rules, spread over all rules.
  const views = Array.from({ length: 1000 }, (_, item) => ({
    method: 'GET',
    url: `${pathOf(rules, Math.floor((item * rules) / 1000), item)}?user_key=0123456789abcdef0123456789abcdef`,
    header: () => undefined,
  }))
  for (const view of views) {
    if (typeof matcher.match(view) === 'string') throw new Error(`${view.url} matches no rule`)
  }
  return { step: (turn) => matcher.match(/** @type {any} */ (views[turn % 1000])) }
}
