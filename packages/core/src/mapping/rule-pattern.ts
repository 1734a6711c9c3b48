/** Takes a rule's pattern apart: literal text, wildcards, end of the path, query conditions (APIcast mapping_rule.lua). */
import type { QueryPattern } from './rule.ts'

export interface RulePattern {
  /** Texts and wildcards in turn, beginning and ending with a text, which may be empty. */
  readonly texts: readonly string[]
  /** `$`: the path ends where the pattern does. */
  readonly anchored: boolean
  /** What stands behind `?`, by name; raw. */
  readonly query: QueryPattern
}

/**
 * Everything but `{…}` and a `$` at the end stands for itself. Runs of slashes are one; `{}` is no wildcard.
 * A wildcard is one or more characters other than `/`, `[` and `]`.
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
