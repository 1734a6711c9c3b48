/** Walks a path through the tree of rules, without walking any part twice. */
import type { RequestView } from '../../request/request-view.ts'
import type { MatchedRules, RuleSets } from '../matched-rules.ts'
import { createQueryArguments, type QueryArguments } from '../query-arguments.ts'
import {
  CLOSED,
  FACTS,
  GREEDY,
  LABEL_LENGTH,
  LABEL_START,
  NONE,
  OPEN,
  type PackedTrie,
  REVISITED,
  SLOTS,
  WILDCARD,
} from './packed-trie.ts'

export interface TrieMatcher {
  /**
   * All rules that match the path, which is `text` up to `to`, by APIcast's reading of parameters. Undefined if there are
   * some, and others by a value that the handler can see. Query and form are read only if a rule has conditions.
   */
  match(text: string, to: number, view: RequestView): MatchedRules | undefined
}

/**
 * A wildcard node comes after a fixed number of slashes and brackets, so all entries into it are in one run of wildcard
 * characters. The first entry is the earliest, and later ones can only find the same again. So each node is entered
 * once per match, which bounds the work by (wildcards in the tree) x (length of the path).
 */
export function createTrieMatcher(trie: PackedTrie, sets: RuleSets): TrieMatcher {
  const { nodes, labels, rules } = trie
  const entered = new Float64Array(nodes.length)
  // Most nodes are always reached with the same set of rules. For each: that set, and the set with the node's rules
  // added.
  const steps: (MatchedRules | undefined)[] = rules.flatMap(() => [undefined, undefined])
  let text = ''
  let end = 0
  let matches = 0
  let matched = sets.none()
  let view: RequestView | undefined
  let differs = false
  let given: QueryArguments | undefined

  function walk(from: number, start: number): void {
    let node = from
    let at = start
    for (;;) {
      const facts = nodes[node + FACTS]!
      const revisited = (facts & REVISITED) !== 0
      if (!revisited || isFirstEntry(node)) {
        const open = nodes[node + OPEN]!
        if (open !== NONE) add(open)
      }
      if (at === end) {
        const closed = nodes[node + CLOSED]!
        if (closed !== NONE) add(closed)
        return
      }
      const wildcard = nodes[node + WILDCARD]!
      if (wildcard !== NONE && !(revisited && entered[wildcard] === matches)) walkWildcard(wildcard, at)
      const slot = text.charCodeAt(at) - (facts & 0xff)
      if (slot < 0 || slot >= ((facts >> 8) & 0xff)) return
      node = nodes[node + SLOTS + slot]!
      if (node === NONE || !hasLabel(node, at)) return
      at += nodes[node + LABEL_LENGTH]!
    }
  }

  function isFirstEntry(node: number): boolean {
    if (entered[node] === matches) return false
    entered[node] = matches
    return true
  }

  function walkWildcard(node: number, from: number): void {
    let to = from
    while (to < end && isWildcardCharacter(text.charCodeAt(to))) to++
    if (to === from) return
    const greedy = (nodes[node + FACTS]! & GREEDY) !== 0
    for (let at = greedy ? to : from + 1; at <= to; at++) walk(node, at)
  }

  /** Skips the first character, which selected the node. */
  function hasLabel(node: number, at: number): boolean {
    const start = nodes[node + LABEL_START]!
    const length = nodes[node + LABEL_LENGTH]!
    if (at + length > end) return false
    for (let index = 1; index < length; index++) {
      if (text.charCodeAt(at + index) !== labels[start + index]) return false
    }
    return true
  }

  function add(index: number): void {
    const step = index * 2
    const after = steps[step + 1]
    if (after !== undefined && steps[step] === matched) matched = after
    else addSlowly(index)
  }

  function addSlowly(index: number): void {
    const { unconditional, conditional } = rules[index]!
    if (conditional.length === 0) {
      steps[index * 2] = matched
      matched = sets.with(matched, unconditional)
      steps[index * 2 + 1] = matched
      return
    }
    if (unconditional.length > 0) matched = sets.with(matched, unconditional)
    for (const rule of conditional) {
      given ??= createQueryArguments(view as RequestView)
      const results = rule.conditions.map((condition) => condition.check(given as QueryArguments))
      // A condition that fails for all readers decides, whatever they make of the others.
      if (results.some((result) => result === 'missing' || result === 'other value')) continue
      if (results.some((result) => result !== 'holds')) differs = true
      if (!results.includes('holds for the handler')) matched = sets.with(matched, rule.alone)
    }
  }

  return {
    match(path, to, ofView) {
      matches++
      text = path
      end = to
      matched = sets.none()
      view = ofView
      given = undefined
      differs = false
      walk(0, 0)
      // Otherwise the request would stay in memory until the next one.
      view = undefined
      return differs && matched.members.length > 0 ? undefined : matched
    },
  }
}

function isWildcardCharacter(code: number): boolean {
  return code !== 0x2f && code !== 0x5b && code !== 0x5d
}
