/** Walks a path through the tree of rules. No backtracking over what was walked already. */
import type { RequestView } from '../request-view.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { MatchedRules } from './matched-rules.ts'
import { createQueryArguments, type QueryArguments, queryOf } from './query-arguments.ts'
import type { RulesOfNode, TrieNode } from './rule-trie.ts'

export interface TrieMatcher {
  /**
   * Adds to `start` every rule that matches the path, which is `text` up to `to`. Query conditions are compared with
   * the query of `target` and the view's form, parsed only where a rule has conditions.
   */
  match(text: string, to: number, start: MatchedRules, target: string, view: RequestView): MatchedRules
}

/**
 * A wildcard node lies behind a fixed number of slashes and brackets, so all its entries fall into one run of wildcard
 * characters, and the first entry is the earliest: later ones can only repeat what it found. Entering each node once a
 * match therefore loses nothing and bounds the work by (wildcards in the tree) x (length of the path).
 */
export function createTrieMatcher(root: TrieNode): TrieMatcher {
  let text = ''
  let end = 0
  let matches = 0
  let matched: MatchedRules
  let target: string
  let view: RequestView
  let given: QueryArguments | undefined

  function visit(node: TrieNode, at: number): void {
    if (node.entered !== matches) {
      node.entered = matches
      add(node.open)
    }
    if (at === end) {
      add(node.closed)
      return
    }
    const child = node.children.get(text.charCodeAt(at))
    if (child !== undefined) {
      const next = at + child.label.length
      if (next <= end && text.startsWith(child.label, at)) visit(child, next)
    }
    if (node.wildcard !== undefined && node.wildcard.entered !== matches) visitWildcard(node.wildcard, at)
  }

  function visitWildcard(node: TrieNode, from: number): void {
    let to = from
    while (to < end && isWildcardCharacter(text.charCodeAt(to))) to++
    if (to === from) return
    for (let at = node.greedy ? to : from + 1; at <= to; at++) visit(node, at)
  }

  function add(rules: RulesOfNode): void {
    if (rules.unconditional.length > 0) matched = matched.with(rules.unconditional)
    for (const rule of rules.conditional) {
      given ??= createQueryArguments(view, queryOf(target))
      if (holds(rule, given)) matched = matched.with(rule.alone)
    }
  }

  return {
    match(path, to, start, ofTarget, ofView) {
      matches++
      text = path
      end = to
      matched = start
      target = ofTarget
      view = ofView
      given = undefined
      visit(root, 0)
      return matched
    },
  }
}

function holds(rule: CompiledRule, given: QueryArguments): boolean {
  return rule.conditions.every((condition) => condition.problem(given) === undefined)
}

function isWildcardCharacter(code: number): boolean {
  return code !== 0x2f && code !== 0x5b && code !== 0x5d
}
