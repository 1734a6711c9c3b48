/** The target of a request line, as the backend's HTTP server and path protection read it. */

export interface RequestTarget {
  /** Normalised and decoded, for routing. */
  readonly path: string
  /** A byte string, undecoded, without `?`. */
  readonly query: string
}

// Puma's limits: bytes of the whole target, the path and the query.
const maxTarget = 12_288
const maxPath = 8_192
const maxQuery = 10_240

/** Splits and normalises a target given as a byte string; undefined where the backend's HTTP parser refuses it. */
export function parseTarget(target: string): RequestTarget | undefined {
  if (target.length > maxTarget || !isAcceptable(target)) return undefined
  const withoutFragment = target.split('#', 1)[0]!
  const relative = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(withoutFragment)
  const rest = relative ? withoutFragment.slice(relative[0].length) : withoutFragment
  const mark = rest.indexOf('?')
  const rawPath = mark < 0 ? rest : rest.slice(0, mark)
  const query = mark < 0 ? '' : rest.slice(mark + 1)
  if (rawPath.length > maxPath || query.length > maxQuery) return undefined
  return { path: normalise(rawPath), query }
}

function isAcceptable(target: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the parser refuses exactly these
  return !/[\x00-\x20"<>\x7f]/.test(target)
}

/** Encoded dots, slashes and backslashes count like plain ones. A trailing slash stays and matches no route. */
function normalise(path: string): string {
  if (!/%|\\|\/\.|\/\//.test(path)) return path
  const plain = path
    .replace(/%2e/gi, '.')
    .replace(/%2f/gi, '/')
    .replace(/%5c|\\/gi, '/')
  const parts: string[] = []
  for (const part of plain.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const trailing = parts.length > 0 && /\/\.{0,2}$/.test(plain) ? '/' : ''
  const joined = `/${parts.join('/')}${trailing}`
  return joined.replace(/%[0-9a-f]{2}/gi, (found) => String.fromCharCode(Number.parseInt(found.slice(1), 16)))
}
