/** Finds the path in a request target, and whether it can be read in only one way. */

/** Kinds of characters in a path. */
const PLAIN = 0
const SLASH = 1
const UPPER = 2
const QUERY = 3
/** An escape, a character to be escaped, or one that routers read in different ways. */
const ODD = 4

const KINDS: Uint8Array = new Uint8Array(128).map((_, code) => {
  const character = String.fromCharCode(code)
  if (character === '/') return SLASH
  if (character === '?') return QUERY
  if (/[A-Z]/.test(character)) return UPPER
  return /[a-z0-9\-_.~!$&'()*+,;=:@]/.test(character) ? PLAIN : ODD
})

const SLASH_CODE = 0x2f
const DOT_CODE = 0x2e

/** The result of a scan. One object that every request overwrites, because the hot path must not allocate. */
export interface RequestTarget {
  /** The end of the path. */
  to: number
  /** Whether all routers read the path in the same way. */
  plain: boolean
  hasUpperCase: boolean
}

/** Scans an origin-form target (one that begins with `/`) once, from left to right, up to its query. */
export function scanTarget(url: string, target: RequestTarget): void {
  const { length } = url
  let plain = true
  let hasUpperCase = false
  let at = 0
  for (; at < length; at++) {
    const code = url.charCodeAt(at)
    const kind = code < 128 ? KINDS[code] : ODD
    if (kind === PLAIN) continue
    if (kind === QUERY) break
    if (kind === UPPER) hasUpperCase = true
    else if (kind === ODD) plain = false
    else {
      const next = url.charCodeAt(at + 1)
      if (next === SLASH_CODE || next === DOT_CODE) plain = false
    }
  }
  target.to = at
  target.plain = plain
  target.hasUpperCase = hasUpperCase
}

/**
 * The target without scheme and authority. Undefined for a target without a path (`*`), and for an authority with a
 * backslash, which some parsers read as the beginning of the path.
 */
export function originForm(url: string): string | undefined {
  if (url.startsWith('/')) return url
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(url)
  if (match === null || match[1]!.includes('\\')) return undefined
  const rest = url.slice(match[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
