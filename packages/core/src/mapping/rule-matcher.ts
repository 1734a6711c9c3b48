/**
 * Finds the mapping rules that a request matches. Rules are matched by APIcast's reading of the target. Where the
 * framework's router reads it in a way that matches other rules, the path is ambiguous (law 13).
 */
import type { RequestView, Routing } from '../request/request-view.ts'
import { assumedRoutings } from './assumed-routings.ts'
import { canonicalPath, spelledPaths } from './canonical-path.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { countingRules, createRuleSets, type MatchedRules } from './matched-rules.ts'
import type { MeasuredUsage } from './measured-usage.ts'
import { createMethodTries, type MethodTries } from './method-tries.ts'
import { pathOf, type RequestTarget, scanTarget } from './request-target.ts'
import type { ShapeCache } from './shape-cache.ts'

export interface RuleMatcher {
  /**
   * The usage of the rules that match.
   *
   * @throws UsageError if the sum of the deltas is not a usage.
   */
  match(view: RequestView): MeasuredUsage
}

/**
 * @param rules may be a part of a list; their order is that of their `index`.
 * @param ignoreCase whether rules match whatever the case of the path; undefined: as the router does.
 */
export function createRuleMatcher(
  rules: readonly CompiledRule[],
  ignoreCase: boolean | undefined,
  shapes: ShapeCache,
): RuleMatcher {
  const sets = createRuleSets(shapes)
  const exact = createMethodTries(rules, sets, false)
  let folded: MethodTries | undefined
  const triesOf = (ignoresCase: boolean): MethodTries => {
    if (!ignoresCase) return exact
    folded ??= createMethodTries(rules, sets, true)
    return folded
  }
  const caseMatters = rules.some(({ texts }) => texts.some((text) => /[A-Z]/.test(text.replace(/%../g, ''))))
  // The slash of the root alone is no end.
  const slashEnds = rules.some(({ texts }) => texts.at(-1)!.endsWith('/') && (texts.length > 1 || texts[0] !== '/'))
  const slashMatters = slashEnds || rules.some(({ anchored }) => anchored)
  const hasWildcards = rules.some(({ texts }) => texts.length > 1)
  const target: RequestTarget = { to: 0, plain: true, hasUpperCase: false }

  function match(view: RequestView): MeasuredUsage {
    const { url, method } = view
    if (method !== 'GET' && !METHOD.test(method)) return 'ambiguous'
    if (url.charCodeAt(0) === SLASH) {
      scanTarget(url, target)
      const { to, plain, hasUpperCase } = target
      if (plain && !hasUpperCase && !caseMatters && method !== 'HEAD') {
        const matched = exact.of(method).match(url, to, view)
        if (!slashEnds || matched === undefined || matched.members.length === 0) return usageOf(matched)
        if (view.routing?.ignoresTrailingSlash === false) return usageOf(matched)
        const other = exact.of(method).match(`${url.slice(0, to)}/`, to + 1, view)
        return usageOf(other === matched || !hasMore(matched, other?.members) ? matched : undefined)
      }
    }
    const matched = url === '*' ? sets.none() : matchAs(view, method)
    return usageOf(method === 'HEAD' ? asServed(view, matched) : matched)
  }

  /** Routers run the handler of GET for HEAD. Its rules count, unless rules for HEAD have a price of their own. */
  function asServed(view: RequestView, head: MatchedRules | undefined): MatchedRules | undefined {
    if (head === undefined || head.members.length === 0) return head
    return head.members.some((rule) => rule.method === 'HEAD') ? head : matchAs(view, 'GET')
  }

  /** Undefined if readings of the request match different rules. */
  function matchAs(view: RequestView, method: string): MatchedRules | undefined {
    const path = canonicalPath(pathOf(view.url) ?? '%')
    if (path === undefined) return undefined
    const ignoresCase = ignoreCase ?? view.routing?.ignoresCase ?? false
    const matched = matchPath(path, method, ignoresCase, view)
    // Denied whatever the router reads, and APIcast answers 404.
    if (matched === undefined || matched.members.length === 0) return matched
    const routings = view.routing === undefined ? assumedRoutings(view) : [view.routing]
    // A router may take APIcast's reading, too: a mount of Express swallows one of two slashes.
    const agree = routings.every((routing) =>
      [...new Set([routing.path, path])].every((each) => agrees(matched, each, routing, method, view)),
    )
    return agree ? matched : undefined
  }

  function matchPath(path: string, method: string, ignoresCase: boolean, view: RequestView): MatchedRules | undefined {
    return triesOf(ignoresCase)
      .of(method)
      .match(ignoresCase ? path.toLowerCase() : path, path.length, view)
  }

  /** Whether the router's reading matches the same rules. */
  function agrees(
    matched: MatchedRules,
    path: string | undefined,
    routing: Routing,
    method: string,
    view: RequestView,
  ): boolean {
    if (path === undefined) return false
    const folds = ignoreCase === true || routing.ignoresCase
    const { ignoresTrailingSlash } = routing
    if (!agreesAs(folds, path, ignoresTrailingSlash, matched, method, view)) return false
    const mayFold = !folds && ignoreCase === undefined && routing.mayIgnoreCase === true
    return !mayFold || agreesAs(true, path, ignoresTrailingSlash, matched, method, view)
  }

  function agreesAs(
    folds: boolean,
    path: string,
    ignoresTrailingSlash: boolean,
    matched: MatchedRules,
    method: string,
    view: RequestView,
  ): boolean {
    const found = matchSpelled(path, method, folds, view)
    if (found === undefined || keyOf(found) !== keyOf(matched.members)) return false
    if (hasWildcards && !agreesOnSlashes(path, matched, folds, method, view)) return false
    if (!ignoresTrailingSlash || !slashMatters || path === '/') return true
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
    return !hasMore(matched, matchSpelled(other, method, folds, view))
  }

  /** A wildcard of a route may be nothing but slashes, one of a rule may not: a letter there shows the route's rules. */
  function agreesOnSlashes(
    path: string,
    matched: MatchedRules,
    folds: boolean,
    method: string,
    view: RequestView,
  ): boolean {
    const runs = path.match(/\/{2,}/g)
    if (runs === null) return true
    if (runs.length > 1) return false
    const filled = path.endsWith('//') ? path.replace(runs[0]!, '/x') : path.replace(runs[0]!, '/x/')
    return !hasMore(matched, matchSpelled(filled, method, folds, view))
  }

  /** The rules that match a path in any of its spellings. */
  function matchSpelled(
    path: string,
    method: string,
    ignoresCase: boolean,
    view: RequestView,
  ): readonly CompiledRule[] | undefined {
    const members = new Set<CompiledRule>()
    for (const spelled of spelledPaths(path)) {
      const matched = matchPath(spelled, method, ignoresCase, view)
      if (matched === undefined) return undefined
      for (const rule of matched.members) members.add(rule)
    }
    return [...members]
  }

  function usageOf(matched: MatchedRules | undefined): MeasuredUsage {
    return matched === undefined ? 'ambiguous' : sets.usageOf(matched)
  }

  return { match }
}

/** Whether rules count for a path that do not count for the same path without a slash at its end, or with it. */
function hasMore(matched: MatchedRules, others: readonly CompiledRule[] | undefined): boolean {
  const counted = new Set(countingRules(matched.members))
  return others === undefined || !countingRules(others).every((rule) => counted.has(rule))
}

/** The indices of the rules that count. */
function keyOf(members: readonly CompiledRule[]): string {
  return countingRules(members)
    .map((rule) => rule.index)
    .join()
}

const SLASH = 0x2f

/** What nginx takes for a method. HTTP/2 carries others, and some routers ignore the case. */
const METHOD = /^[A-Z_-]+$/
