/** Reads the mapping rules of a proxy configuration. */
import { metricProblem } from '../../domain/usage.ts'
import { isRuleMethod, RULE_METHOD_PROBLEM } from '../../validation/rule-method.ts'
import { checkPattern } from './check-pattern.ts'
import type { DocumentPart } from './document.ts'
import type { PortalRule } from './portal-service.ts'

/** The owner of rules that belong to a backend and not to the product. */
export const BACKEND_API = 'BackendApi'

/** Keeps the order of the list. `position` is ignored, because the portal has sorted the list. */
export function readRules(proxy: DocumentPart): readonly PortalRule[] {
  return proxy.parts('proxy_rules').map((rule) => ({
    method: readMethod(rule),
    pattern: readPattern(rule),
    metric: readMetric(rule),
    // Not 1: a rule without delta matches and adds nothing (APIcast mapping_rule.lua).
    delta: rule.integer('delta') ?? 0,
    last: rule.flag('last') ?? false,
    query: rule.textsByName('querystring_parameters'),
    // Of a rule whose backend is unknown, no backend is the owner.
    backend: rule.text('owner_type') === BACKEND_API ? (rule.textOrInteger('owner_id') ?? '') : undefined,
  }))
}

function readMethod(rule: DocumentPart): string {
  const method = rule.requiredText('http_method')
  if (method !== '' && !isRuleMethod(method)) rule.problem('http_method', RULE_METHOD_PROBLEM)
  return method
}

function readPattern(rule: DocumentPart): string {
  const pattern = rule.requiredText('pattern')
  checkPattern(rule, 'pattern', pattern)
  return pattern
}

function readMetric(rule: DocumentPart): string {
  const metric = rule.requiredText('metric_system_name')
  const problem = metric === '' ? undefined : metricProblem(metric)
  if (problem !== undefined) rule.problem('metric_system_name', `is no metric: ${problem}`)
  return metric
}
