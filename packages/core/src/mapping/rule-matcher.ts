/**
 * Finds the mapping rules that a request matches. Rules are matched by APIcast's reading of the target. Where the
 * framework's router reads it in a way that matches other rules, the path is ambiguous (law 13).
 */
import type { RequestView, Routing } from '../request/request-view.ts'
import { assumedRoutings } from './assumed-routings.ts'
import { BRACKETS, canonicalPath, foldedPath, spelledPaths } from './canonical-path.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { createRuleSets, type MatchedRules } from './matched-rules.ts'
import { createMethodTries, type MethodTries } from './method-tries.ts'
import { endOfPlainPath, pathOf } from './request-target.ts'
import type { RuleMeaning } from './rule-meaning.ts'

/** APIcast's reading of a path, folded or not, and the rules that match it. */
interface OwnReading {
  readonly path: string
  readonly ignoresCase: boolean
  readonly matched: MatchedRules
  /** It has two spellings. */
  readonly hasBrackets: boolean
}

export interface RuleMatcher<Result> {
  /** What the rules that match mean. Throws what the meaning throws. */
  match(view: RequestView): Result | 'ambiguous'
}

/**
 * @param rules may be a part of a list; their order is that of their `index`.
 * @param ignoreCase whether rules match whatever the case of the path; undefined: as the router does.
 */
export function createRuleMatcher<Result>(
  rules: readonly CompiledRule[],
  ignoreCase: boolean | undefined,
  meaning: RuleMeaning<Result>,
): RuleMatcher<Result> {
  const sets = createRuleSets(meaning)
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

  function match(view: RequestView): Result | 'ambiguous' {
    const { url, method } = view
    if (method !== 'GET' && !METHOD.test(method)) return 'ambiguous'
    const to =
      !caseMatters && method !== 'HEAD' && !(hasWildcards && view.routing?.isRewritten === true)
        ? endOfPlainPath(url)
        : -1
    if (to !== -1 && !(to === 1 && hasWildcards)) {
      const matched = exact.of(method).match(url, to, view)
      if (!slashEnds || matched === undefined || isFinal(matched)) return resultOf(matched)
      if (view.routing?.ignoresTrailingSlash === false) return resultOf(matched)
      const other = exact.of(method).match(`${url.slice(0, to)}/`, to + 1, view)
      return resultOf(other === matched || !hasMore(matched, other?.members) ? matched : undefined)
    }
    const matched = url === '*' ? sets.none() : matchAs(view, method)
    return resultOf(method === 'HEAD' ? asServed(view, matched) : matched)
  }

  /** Routers run the handler of GET for HEAD. Its rules count, unless rules for HEAD have a price of their own. */
  function asServed(view: RequestView, head: MatchedRules | undefined): MatchedRules | undefined {
    if (head === undefined || isFinal(head)) return head
    return head.members.some((rule) => rule.method === 'HEAD') ? head : matchAs(view, 'GET')
  }

  /** Undefined if readings of the request match different rules. */
  function matchAs(view: RequestView, method: string): MatchedRules | undefined {
    const path = canonicalPath(pathOf(view.url) ?? '%')
    if (path === undefined) return undefined
    const ignoresCase = ignoreCase ?? view.routing?.ignoresCase ?? false
    const own = ignoresCase ? foldedPath(path) : path
    const matched = matchPath(own, method, ignoresCase, view)
    // Denied whatever the router reads, and APIcast answers 404.
    if (matched === undefined || isFinal(matched)) return matched
    const routings = view.routing === undefined ? assumedRoutings(view) : [view.routing]
    // A mount of Express swallows one of two slashes, which makes of its reading APIcast's or one in between.
    const reading: OwnReading = { path: own, ignoresCase, matched, hasBrackets: BRACKETS.test(own) }
    const agree = routings.every((routing) => {
      // Read once: a view works it out each time, and attackers send long paths.
      const { path: read } = routing
      return (
        agrees(reading, read, routing, method, view) && (read === own || agrees(reading, own, routing, method, view))
      )
    })
    return agree ? matched : undefined
  }

  function matchPath(path: string, method: string, folded: boolean, view: RequestView): MatchedRules | undefined {
    return triesOf(folded).of(method).match(path, path.length, view)
  }

  /** Whether a router that reads the path so matches the same rules, in each way in which its routes may compare it. */
  function agrees(
    { path: own, ignoresCase, matched, hasBrackets }: OwnReading,
    read: string | undefined,
    routing: Routing,
    method: string,
    view: RequestView,
  ) {
    if (read === undefined) return false
    const { ignoresTrailingSlash, hasEmptyWildcards } = routing
    const folds = ignoreCase === true || routing.ignoresCase
    const mayFold = !folds && ignoreCase === undefined && routing.mayIgnoreCase === true
    return (mayFold ? [false, true] : [folds]).every((folded) => {
      const path = folded ? read.toLowerCase() : read
      // Spelling our own reading again would change nothing.
      const isOwn = (text: string) => text === own && folded === ignoresCase && !hasBrackets
      const rulesOf = (text: string) => (isOwn(text) ? matched.members : matchSpelled(text, method, folded, view))
      const found = rulesOf(path)
      if (found === undefined || !meaning.same(meaning.counting(found), sets.countedOf(matched))) return false
      const others = path.includes('//') ? [path.replace(/\/{2,}/g, '/')] : []
      const filled = hasWildcards ? filledPaths(path, hasEmptyWildcards === true) : []
      if (filled === undefined) return false
      others.push(...filled)
      if (ignoresTrailingSlash && slashMatters && path !== '/') others.push(otherEnd(path))
      return others.every((other) => !hasMore(matched, rulesOf(other)))
    })
  }

  /** The rules that match a path in any of its spellings. */
  function matchSpelled(
    path: string,
    method: string,
    folded: boolean,
    view: RequestView,
  ): readonly CompiledRule[] | undefined {
    const members = new Set<CompiledRule>()
    for (const spelled of spelledPaths(path)) {
      const matched = matchPath(folded ? spelled.toLowerCase() : spelled, method, folded, view)
      if (matched === undefined) return undefined
      for (const rule of matched.members) members.add(rule)
    }
    return [...members]
  }

  /** Whether no other reading can change what becomes of the request. */
  function isFinal(matched: MatchedRules): boolean {
    return meaning.emptyDenies && sets.countedOf(matched).length === 0
  }

  /** Whether rules mean more for another form of a path than for the path itself. */
  function hasMore(matched: MatchedRules, others: readonly CompiledRule[] | undefined): boolean {
    return others === undefined || meaning.hasMore(sets.countedOf(matched), meaning.counting(others))
  }

  function resultOf(matched: MatchedRules | undefined): Result | 'ambiguous' {
    return matched === undefined ? 'ambiguous' : sets.resultOf(matched)
  }

  return { match }
}

/**
 * The path with a letter where a wildcard of a route may be empty or nothing but slashes. No wildcard of a rule is, so the
 * letter shows which rules are for that route. Undefined for a path with several such places.
 */
function filledPaths(path: string, emptyAtEnd: boolean): string[] | undefined {
  const runs = path.match(/\/{2,}/g)
  if (runs === null) return emptyAtEnd && path.endsWith('/') ? [`${path}x`] : []
  if (runs.length > 1) return undefined
  return [path.endsWith('//') ? path.replace(runs[0]!, '/x') : path.replace(runs[0]!, '/x/')]
}

function otherEnd(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

/** What nginx takes for a method. HTTP/2 carries others, and some routers ignore the case. */
const METHOD = /^[A-Z_-]+$/
