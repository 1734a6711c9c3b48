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
  return /[a-z0-9\-_.~!$&()*+,=:@]/.test(character) ? PLAIN : ODD
})

const SLASH_CODE = 0x2f
const DOT_CODE = 0x2e
const QUERY_CODE = 0x3f

/** The result of a scan. One object that every request overwrites, because the hot path must not allocate. */
export interface RequestTarget {
  /** The end of the path, if it is plain. */
  to: number
  /** Whether all routers read the path in the same way. */
  plain: boolean
  hasUpperCase: boolean
}

/**
 * Scans an origin-form target (one that begins with `/`) once, from left to right, up to its query or to the first
 * character that makes it not plain.
 */
export function scanTarget(url: string, target: RequestTarget): void {
  const { length } = url
  target.plain = false
  target.hasUpperCase = false
  let at = 0
  for (; at < length; at++) {
    const code = url.charCodeAt(at)
    const kind = code < 128 ? KINDS[code] : ODD
    if (kind === PLAIN) continue
    if (kind === QUERY) break
    if (kind === UPPER) {
      target.hasUpperCase = true
      continue
    }
    if (kind === ODD) return
    const next = url.charCodeAt(at + 1)
    if (next === SLASH_CODE || next === DOT_CODE) return
    // Routers ignore a slash at the end, or find an empty parameter behind it.
    if (at > 0 && (next === QUERY_CODE || at + 1 === length)) return
  }
  target.to = at
  target.plain = true
}

/**
 * The path of a target: without scheme and authority, up to the query or a `#`, where nginx ends the target. Undefined for
 * a target without a path (`*`, `host:port`).
 */
export function pathOf(url: string): string | undefined {
  if (url.charCodeAt(0) === SLASH_CODE) return url.slice(0, Math.min(endAt(url, '?'), endAt(url, '#')))
  const match = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/.exec(url)!
  const [whole, path] = match
  if (path!.startsWith('/')) return path
  return path === '' && whole !== '' ? '/' : undefined
}

function endAt(url: string, character: string): number {
  const at = url.indexOf(character)
  return at === -1 ? url.length : at
}

/** Everything between the first `?` and a `#`, where nginx ends the target. */
export function queryOf(target: string): string {
  const [whole = ''] = target.split('#', 1)
  const start = whole.indexOf('?')
  return start === -1 ? '' : whole.slice(start + 1)
}
