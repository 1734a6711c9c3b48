/** Finds the path in a request target, and whether it can be read in only one way. */

/**
 * An origin-form path that all routers read in the same way, in whatever case they compare: without escapes, characters
 * that are to be escaped or that routers read in different ways, capitals, empty segments, and segments that begin with a
 * dot. Routers ignore a slash at the end, or find an empty parameter behind it. Sticky, so that it is only looked for at
 * the beginning, and tells where it ends without a match array.
 */
const PLAIN_PATH = /(?:\/(?!\.)[a-z0-9\-_.~!$&()*+,=:@]+)+(?![^?])|\/(?![^?])/y

/** The end of a target's path, if all routers read it in the same way; otherwise -1. */
export function endOfPlainPath(url: string): number {
  PLAIN_PATH.lastIndex = 0
  return PLAIN_PATH.test(url) ? PLAIN_PATH.lastIndex : -1
}

/**
 * The path of a target: without scheme and authority, up to the query or a `#`, where nginx ends the target. Undefined for
 * a target without a path (`*`, `host:port`).
 */
export function pathOf(url: string): string | undefined {
  if (url.charCodeAt(0) === SLASH) return url.slice(0, Math.min(endAt(url, '?'), endAt(url, '#')))
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

const SLASH = 0x2f
