/** A mapping rule, prepared for matching. */
import { ConfigError } from '../errors.ts'
import { createQueryConditions, type QueryCondition } from './query-condition.ts'
import type { Rule } from './rule.ts'
import { parsePattern } from './rule-pattern.ts'

export interface CompiledRule {
  /** Index in the list of rules; `last` ends the list after this rule. */
  readonly index: number
  readonly method: string
  readonly texts: readonly string[]
  readonly anchored: boolean
  readonly conditions: readonly QueryCondition[]
  readonly metric: string
  readonly delta: number
  readonly last: boolean
  /** As of a `Rule`. */
  readonly backend: string | undefined
  /** An array with this rule alone, always the same one, because `RuleSets.with` compares by identity. */
  readonly alone: readonly CompiledRule[]
  /** The rule as one line of text. */
  readonly title: string
}

/** The portal accepts 255 characters. A limit is needed because the tree of rules is built recursively. */
export const MAX_PATTERN_LENGTH = 4096

/** @throws ConfigError if the pattern is longer than 4096 characters. */
export function compileRule(rule: Rule, index: number): CompiledRule {
  if (rule.pattern.length > MAX_PATTERN_LENGTH) {
    throw new ConfigError([`mapping rule ${index}: the pattern is longer than ${MAX_PATTERN_LENGTH} characters`])
  }
  const { texts, anchored, query } = parsePattern(rule.pattern)
  const alone: CompiledRule[] = []
  const compiled: CompiledRule = {
    index,
    method: rule.method,
    texts,
    anchored,
    conditions: createQueryConditions(rule.query ?? query),
    metric: rule.metric,
    delta: rule.delta,
    last: rule.last,
    backend: rule.backend,
    alone,
    title: `${rule.method} ${rule.pattern} -> ${rule.metric} +${rule.delta}${rule.last ? ', last' : ''}`,
  }
  alone.push(compiled)
  return compiled
}
