/** A rule made ready for matching. */
import { ConfigError } from '../errors.ts'
import { createQueryConditions, type QueryCondition } from './query-condition.ts'
import type { Rule } from './rule.ts'
import { parsePattern } from './rule-pattern.ts'

export interface CompiledRule {
  /** Place in the list: the order in which `last` counts. */
  readonly index: number
  readonly method: string
  readonly texts: readonly string[]
  readonly anchored: boolean
  readonly conditions: readonly QueryCondition[]
  readonly metric: string
  readonly delta: number
  readonly last: boolean
  /** The rule alone, as `MatchedRules.with` takes it. */
  readonly alone: readonly CompiledRule[]
  /** As people read it. */
  readonly title: string
}

/** The portal takes 255 characters; the tree of rules is built recursively, so there has to be some end. */
const MAX_PATTERN_LENGTH = 4096

/** @throws ConfigError when the pattern is longer than 4096 characters. */
export function compileRule(rule: Rule, index: number, caseInsensitive: boolean): CompiledRule {
  if (rule.pattern.length > MAX_PATTERN_LENGTH) {
    throw new ConfigError([`mapping rule ${index}: the pattern is longer than ${MAX_PATTERN_LENGTH} characters`])
  }
  const { texts, anchored, query } = parsePattern(rule.pattern)
  const alone: CompiledRule[] = []
  const compiled: CompiledRule = {
    index,
    method: rule.method,
    texts: caseInsensitive ? texts.map((text) => text.toLowerCase()) : texts,
    anchored,
    conditions: createQueryConditions(rule.query ?? query),
    metric: rule.metric,
    delta: rule.delta,
    last: rule.last,
    alone,
    title: `${rule.method} ${rule.pattern} -> ${rule.metric} +${rule.delta}${rule.last ? ', last' : ''}`,
  }
  alone.push(compiled)
  return compiled
}
