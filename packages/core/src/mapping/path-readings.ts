/** How routers may read an unusual path, so that a request never counts under the rules of another route (law 13). */

export interface PathReadings {
  /** APIcast's reading: decoded, slashes merged, dots resolved, then escaped again (nginx `$uri`, `ngx.escape_uri`). */
  readonly canonical: string
  /** Readings with another structure: if one matches other rules, the path is ambiguous. */
  readonly others: readonly string[]
  /**
   * Readings that keep the client's escapes, or escape brackets: a router's parameter matches a bracket, but no
   * wildcard of a rule does. A router may serve such a path by another route. If that route has rules, the path is
   * ambiguous too.
   */
  readonly spelled: readonly string[]
}

/**
 * Undefined for paths that nginx always refuses (400): a broken escape, a NUL, dots that climb above the root. `path`
 * begins with `/` and has neither query nor fragment.
 */
export function readPath(path: string): PathReadings | undefined {
  if (/%(?![0-9A-Fa-f]{2})|%00|\0/.test(path)) return undefined
  const escaped = escapeUnsafe(path)
  const backslashed = escaped.replaceAll('%5C', '/')
  const canonical = resolveDots(merge(decode(escaped, true)))
  if (canonical === undefined) return undefined
  const bases = new Set([escaped, backslashed])
  const others = new Set<string>()
  const spelled = new Set<string>()
  for (const base of bases) {
    for (const decoded of new Set([decode(base, true), decode(base, false)])) addStructures(decoded, others)
    for (const kept of new Set([base, decodeUnreserved(base), decodeDotSegments(base)])) {
      addStructures(kept, spelled)
      addStructures(escapeBrackets(kept), spelled)
    }
  }
  others.delete(canonical)
  return {
    canonical,
    others: [...others],
    spelled: [...spelled].filter((one) => one !== canonical && !others.has(one)),
  }
}

/** Adds the path with slashes merged or not, and dots resolved or not, in either order. */
function addStructures(path: string, into: Set<string>): void {
  for (const one of new Set([path, merge(path)])) {
    const resolved = resolveDots(one) ?? '/'
    into.add(one)
    into.add(resolved)
    into.add(merge(resolved))
  }
}

function merge(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
}

/** Undefined if the dots climb above the root. */
function resolveDots(path: string): string | undefined {
  if (!/\/\.\.?(?:\/|$)/.test(path)) return path
  const resolved: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    if (segment !== '.' && segment !== '..') {
      resolved.push(segment)
      continue
    }
    if (segment === '..' && resolved.pop() === undefined) return undefined
    if (index === segments.length - 1) resolved.push('')
  }
  return `/${resolved.join('/')}`
}

/** Writes escapes in upper case, and escapes what nginx escapes in a path. */
function escapeUnsafe(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}|[\0-\x20"#<>?\\^`{|}\x7f-\uffff]/g, (part) =>
    part.length === 3 ? part.toUpperCase() : escapeOf(part.charCodeAt(0) & 0xff),
  )
}

/** Decodes the characters that a path may contain unescaped; `%2F` only if `slashes` is true. */
function decode(escaped: string, slashes: boolean): string {
  return escaped.replace(/%(..)/g, (spelled, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    if (character === '/') return slashes ? '/' : spelled
    return /[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]]/.test(character) ? character : spelled
  })
}

/** Decodes segments that a URL parser reads as dots (WHATWG URL, 4.4); it keeps all other escapes. */
function decodeDotSegments(escaped: string): string {
  return escaped.replace(/(?<=\/)(?:\.|%2E){1,2}(?=\/|$)/g, (segment) => segment.replaceAll('%2E', '.'))
}

/** Decodes unreserved characters (RFC 3986, 2.3). */
function decodeUnreserved(escaped: string): string {
  return escaped.replace(/%(..)/g, (spelled, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9\-_.~]/.test(character) ? character : spelled
  })
}

function escapeBrackets(path: string): string {
  return path.replaceAll('[', '%5B').replaceAll(']', '%5D')
}

function escapeOf(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
