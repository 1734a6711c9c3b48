/** Splits the pattern of a rule: literal texts, wildcards, end of the path, query conditions (APIcast mapping_rule.lua). */
import { BROKEN, canonicalText, resolveDots } from './canonical-path.ts'
import type { QueryPattern } from './rule.ts'

export interface RulePattern {
  /**
   * The texts around the wildcards, in the spelling in which paths are compared. The first and the last may be empty.
   */
  readonly texts: readonly string[]
  /** `$`: the path ends where the pattern does. */
  readonly anchored: boolean
  /** The conditions after `?`, by name; undecoded. */
  readonly query: QueryPattern
}

const WILDCARD = /\{[^}]+\}/

/**
 * Everything but `{…}` and a `$` at the end stands for itself, decoded or with escapes. Repeated slashes count as one;
 * `{}` is no wildcard. A wildcard matches one or more characters other than `/`, `[` and `]`.
 */
export function parsePattern(pattern: string): RulePattern {
  const [path, query = ''] = splitAt(pattern, '?')
  const anchored = path.endsWith('$')
  return {
    texts: (anchored ? path.slice(0, -1) : path).split(WILDCARD).map(canonicalText),
    anchored,
    query: parseQuery(query),
  }
}

/** A path that matches the pattern, whatever stands in its wildcards. */
export function samplePath(pattern: string): string {
  return parsePattern(pattern).texts.join('0~0')
}

/** Why no request can match a pattern, with one that can where there is one; undefined if a request can. */
export function patternProblem(pattern: string): string | undefined {
  const [path] = splitAt(pattern, '?')
  if (!path.isWellFormed()) return 'it is not valid Unicode'
  if (/%00|\0/.test(path)) return 'no path contains a NUL'
  if (BROKEN.test(path)) {
    return `a % in a path is written %25: ${JSON.stringify(pattern.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))}`
  }
  const anchored = path.endsWith('$')
  const bare = (anchored ? path.slice(0, -1) : path).split(WILDCARD).map(canonicalText).join('{}')
  if (!(anchored ? /\/\.\.?(?:\/|$)/ : /\/\.\.?\//).test(bare)) return undefined
  const resolved = resolveDots(path.replace(/\$$/, ''))
  if (resolved === undefined) return 'its dots climb above the root'
  return `dots are resolved before a path is matched: ${JSON.stringify(`${resolved}${anchored ? '$' : ''}`)}`
}

/** What a pattern in the manner of a framework's router was meant to be; undefined if it does not look like one. */
export function patternHint(pattern: string): string | undefined {
  const [path] = splitAt(pattern, '?')
  if (!/\/:[A-Za-z_]/.test(path)) return undefined
  return `a colon stands for itself; a wildcard is written ${JSON.stringify(path.replace(/\/:([A-Za-z_]\w*)/g, '/{$1}'))}`
}

function parseQuery(query: string): QueryPattern {
  const conditions: Record<string, string | undefined> = Object.create(null)
  for (const part of query.split('&')) {
    const [name, value] = splitAt(part, '=')
    if (name !== '') conditions[name] = value
  }
  return conditions
}

function splitAt(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
