/** Takes what `stripCredentials` removed from the client's target out of whatever else a framework keeps of it. */

/** The names of the parameters that stripping took out of a target. */
export function strippedParameters(before: string, after: string): ReadonlySet<string> {
  const kept = new Set(parametersOf(after))
  const removed = parametersOf(before).filter((parameter) => !kept.has(parameter))
  return new Set(new URLSearchParams(removed.join('&')).keys())
}

/**
 * A target that a mount or a rewrite made of the client's, stripped as that one was.
 *
 * @param before the client's target; `after` is what stripping left of it.
 */
export function strippedTarget(target: string, before: string, after: string): string {
  const tail = before.slice(endOfPath(before))
  // A mount cuts the path only.
  if (target.endsWith(tail)) return target.slice(0, target.length - tail.length) + after.slice(endOfPath(after))
  const names = strippedParameters(before, after)
  const kept = parametersOf(target).filter((parameter) => {
    const [name = ''] = new URLSearchParams(parameter).keys()
    return !names.has(name)
  })
  return target.slice(0, endOfPath(target)) + (kept.length === 0 ? '' : `?${kept.join('&')}`)
}

/** Takes parameters out of a parsed query. */
export function dropParameters(query: object, names: ReadonlySet<string>): void {
  for (const name of names) Reflect.deleteProperty(query, name)
}

function parametersOf(target: string): string[] {
  const [whole = ''] = target.split('#', 1)
  const start = whole.indexOf('?')
  return start === -1 ? [] : whole.slice(start + 1).split('&')
}

function endOfPath(target: string): number {
  const end = target.search(/[?#]/)
  return end === -1 ? target.length : end
}
