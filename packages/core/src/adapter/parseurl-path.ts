/** The path of a target as Express and Koa read it, by their dependency parseurl. */

/** What parseurl does not read by itself but with the URL parser of Node, which rewrites paths and moves authorities. */
const REPARSED = /[\t\n\f\r #\u00a0\ufeff]/

/** An absolute target which that parser reads as it is written. */
const ABSOLUTE = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?(\/[\w\-.~!$&()*+,;=:@%/[\]]*)?(?:\?|$)/i

/**
 * Undefined for a target that is not read as it is written: a mount cuts its prefix off the text, parses the rest again,
 * and may then find another path in it.
 *
 * @param target as the client sent it.
 */
export function pathAsParseurl(target: string): string | undefined {
  if (REPARSED.test(target)) return undefined
  if (target.startsWith('/')) return target.split('?', 1)[0]
  const match = ABSOLUTE.exec(target)
  return match === null ? undefined : (match[1] ?? '/')
}
