/** The tries of a list of rules: one for each method that a rule names, and one for all other methods. */
import type { CompiledRule } from './compiled-rule.ts'
import type { RuleSets } from './matched-rules.ts'
import { packTrie } from './trie/packed-trie.ts'
import { createTrie } from './trie/rule-trie.ts'
import { createTrieMatcher, type TrieMatcher } from './trie/trie-matcher.ts'

export interface MethodTries {
  of(method: string): TrieMatcher
}

/** @param folded whether the tries are for folded paths. */
export function createMethodTries(rules: readonly CompiledRule[], sets: RuleSets, folded: boolean): MethodTries {
  const matcherOf = (part: readonly CompiledRule[]) => createTrieMatcher(packTrie(createTrie(part, folded)), sets)
  const forAnyMethod = matcherOf(rules.filter((rule) => rule.method === 'ANY'))
  const byMethod = new Map<string, TrieMatcher>()
  for (const method of new Set(rules.map((rule) => rule.method))) {
    byMethod.set(method, matcherOf(rules.filter((rule) => rule.method === method || rule.method === 'ANY')))
  }
  return { of: (method) => byMethod.get(method) ?? forAnyMethod }
}
