/** Finds the mapping rules that match a request: chooses the method's tree, finds the path, compares its readings. */

import type { UsageShape } from '../domain/usage.ts'
import type { RequestView } from '../request/request-view.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { countingRules, createRuleSets, type MatchedRules } from './matched-rules.ts'
import { type PathReadings, readPath } from './path-readings.ts'
import { originForm, type RequestTarget, scanTarget } from './request-target.ts'
import type { ShapeCache } from './shape-cache.ts'
import { packTrie } from './trie/packed-trie.ts'
import { createTrie } from './trie/rule-trie.ts'
import { createTrieMatcher, type TrieMatcher } from './trie/trie-matcher.ts'

export interface RuleMatcher {
  /**
   * The usage of the rules that match.
   *
   * @throws UsageError if the sum of the deltas is not a usage.
   */
  match(view: RequestView): UsageShape | 'no-match' | 'ambiguous'
}

/** `rules` may be a part of a list; their order is that of their `index`. */
export function createRuleMatcher(
  rules: readonly CompiledRule[],
  caseInsensitive: boolean,
  shapes: ShapeCache,
): RuleMatcher {
  const sets = createRuleSets(shapes)
  const matcherOf = (part: readonly CompiledRule[]) => createTrieMatcher(packTrie(createTrie(part)), sets)
  const forAnyMethod = matcherOf(rules.filter((rule) => rule.method === 'ANY'))
  const byMethod = new Map<string, TrieMatcher>()
  for (const method of new Set(rules.map((rule) => rule.method))) {
    byMethod.set(method, matcherOf(rules.filter((rule) => appliesTo(rule, method))))
  }
  const target: RequestTarget = { to: 0, plain: true, hasUpperCase: false }

  function match(view: RequestView): UsageShape | 'no-match' | 'ambiguous' {
    const trie = byMethod.get(view.method) ?? forAnyMethod
    const { url } = view
    if (url.charCodeAt(0) === SLASH) {
      scanTarget(url, target)
      if (target.plain && !(caseInsensitive && target.hasUpperCase)) {
        return sets.usageOf(trie.match(url, target.to, url, view))
      }
    }
    return matchReadings(trie, view, url)
  }

  function matchReadings(trie: TrieMatcher, view: RequestView, url: string): UsageShape | 'no-match' | 'ambiguous' {
    const origin = originForm(url)
    if (origin === undefined) return url === '*' ? 'no-match' : 'ambiguous'
    const hash = origin.indexOf('#')
    if (hash === -1) return usageOf(matchTarget(trie, view, origin))
    // nginx and most routers end the target at a `#`; others keep it.
    const cut = matchTarget(trie, view, origin.slice(0, hash))
    const kept = matchTarget(trie, view, origin.replaceAll('#', '%23'))
    return cut !== undefined && kept !== undefined && keyOf(cut) === keyOf(kept) ? usageOf(cut) : 'ambiguous'
  }

  /** Undefined if the readings of the path match different rules. */
  function matchTarget(trie: TrieMatcher, view: RequestView, origin: string): MatchedRules | undefined {
    const queryAt = origin.indexOf('?')
    const path = queryAt === -1 ? origin : origin.slice(0, queryAt)
    const readings = readPath(path)
    if (readings === undefined) return undefined
    return matchAll(readings, (reading) => {
      const one = caseInsensitive ? reading.toLowerCase() : reading
      return trie.match(one, one.length, origin, view)
    })
  }

  function usageOf(matched: MatchedRules | undefined): UsageShape | 'no-match' | 'ambiguous' {
    return matched === undefined ? 'ambiguous' : sets.usageOf(matched)
  }

  return { match }
}

/** Undefined if the readings match different rules. */
function matchAll(
  { canonical, others, spelled }: PathReadings,
  match: (reading: string) => MatchedRules,
): MatchedRules | undefined {
  const matched = match(canonical)
  const key = keyOf(matched)
  for (const other of others) if (keyOf(match(other)) !== key) return undefined
  // The request is denied in either case, and APIcast answers 404.
  if (key === '') return matched
  for (const one of spelled) {
    const found = keyOf(match(one))
    if (found !== '' && found !== key) return undefined
  }
  return matched
}

/** The indices of the rules that count. */
function keyOf(matched: MatchedRules): string {
  return countingRules(matched.members)
    .map((rule) => rule.index)
    .join()
}

function appliesTo(rule: CompiledRule, method: string): boolean {
  return rule.method === method || rule.method === 'ANY'
}

const SLASH = 0x2f
