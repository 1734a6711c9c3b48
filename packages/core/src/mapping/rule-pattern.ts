/** Parses a rule's pattern into literal texts, wildcards, end of the path and query (APIcast mapping_rule.lua). */
import type { QueryPattern } from './rule.ts'

export interface RulePattern {
  /** The literal texts around the wildcards. There is one more text than wildcards; a text may be empty. */
  readonly texts: readonly string[]
  /** Whether the pattern ends with `$`: the path must end there too. */
  readonly anchored: boolean
  /** The parameters after `?`, not decoded. */
  readonly query: QueryPattern
}

/**
 * Everything but `{…}` and a `$` at the end is literal. Several slashes in a row are one; `{}` is not a wildcard.
 * A wildcard matches one or more characters other than `/`, `[` and `]`.
 */
export function parsePattern(pattern: string): RulePattern {
  const [spelled, query = ''] = splitAt(pattern, '?')
  const path = spelled.replace(/\/{2,}/g, '/')
  const anchored = path.endsWith('$')
  return {
    texts: (anchored ? path.slice(0, -1) : path).split(/\{[^}]+\}/),
    anchored,
    query: parseQuery(query),
  }
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
