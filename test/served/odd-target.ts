/** Request targets that a plain client would not send: plain ones, changed in a few places. */
import type { Random } from './random.ts'

/** Texts that readers of a target read in different ways. Bytes as latin1, as Node gives them. */
// biome-ignore format: a line for each kind.
const ODD = [
  '/', '//', '.', '..', '/.', '/./', '/../', '/x/../', '/..', '%2e', '%2E%2e', '%2F', '%2f', '%5c', '\\', '/%2e%2e/',
  ';', ';a=b', '#', '#/', '?', '??', '&', '=', '+', '%', '%zz', '%00', '%25', '%2525', '%3F', '%23', '%3B', '%0a',
  '\t', ' ', '\xa0', '%20', '%c2%a0', '\xef\xbb\xbf', '\f', '\n', '\r', '\v', '\x7f', '\0',
  '\xe9', '\xc3\xa9', '%C3%A9', '%c3%a9', '%E9', '\xc5\xbf', '%C5%BF', '\xe2\x84\xaa', '%E2%84%AA', '%c0%ae', '\xff',
  '[', ']', '%5B', '%5d', '{', '}', '|', '^', '`', '"', '<', '>', "'", '@', ':', '*', '$', '!', ',', '~', '(', ')',
  '//u@h', "/'t/a", 'x', 'a.json', 'special', 'secret', 'v1', 'api', 'kind=deep', '1',
]

// biome-ignore format: a line for each kind.
const ORIGINS = [
  'http://h', 'HTTP://h', 'https://h', 'HTTPS://h', 'ftp://h', 'http+x://h', 'http://h.', 'http://h:', 'http://h:99999',
  'http://user:pass@h:80', 'http://[::1]:80', 'http://\xe9', 'http://h\t', 'http://a b', 'http://h%2f', 'http://a/b@h',
  'http://', 'http:///', 'http:/', 'http:', '//h', '///', 'http:\\\\h', 'http://h\\', 'http://h;', 'http://h@',
  'http://h/..', 'http://h//', 'http://h/x', 'http://h?', 'http://h#', 'x:', 'mailto:', 'javascript:', 'h', '*', ' ',
]

type Change = (target: string, random: Random) => string

const CHANGES: readonly Change[] = [
  (target, random) => replaceOne(target, random, flipCase),
  (target, random) => replaceOne(target, random, (one) => escaped(one, random)),
  (target, random) => replaceOne(target, random, (one) => escaped(one, random).replace('%', '%25')),
  (target, random) => replaceOne(target, random, () => ''),
  (target, random) => target.slice(0, 1 + random.below(target.length)),
  (target, random) => insert(target, random.below(target.length + 1), random.pick(ODD)),
  (target, random) => insert(target, random.below(target.length + 1), random.pick(ODD)),
  // At the end of the path, where routers and rules differ most.
  (target, random) => insert(target, /^[^?]*/.exec(target)![0].length, random.pick(['/', '//', '/.', ...ODD])),
  (target, random) =>
    replaceSlash(target, random, random.pick(['//', '%2F', '\\', '/./', '%5C', '/%2e/', '/;/', '///'])),
  (target) => target.replace(/^[^?]*/, (path) => path.toUpperCase()),
  (target) => target.replace(/^[^?]*/, (path) => path.toLowerCase()),
  (target, random) => random.pick(ORIGINS) + target,
]

/** @param plain targets of routes, some of which are run together. */
export function oddTarget(plain: readonly string[], random: Random): string {
  let target = random.pick(plain)
  if (random.chance(0.1)) target += random.pick(['', '/..', '/../..', '#', '?', '\\', ';']) + random.pick(plain)
  if (random.chance(0.35)) target += (target.includes('?') ? '&' : '?') + oddQuery(random)
  const changes = random.pick([0, 1, 1, 1, 2, 2, 3, 5])
  for (let count = 0; count < changes; count++) target = random.pick(CHANGES)(target, random)
  return target
}

// biome-ignore format: a line for each kind.
const NAMES = [
  'kind', 'kind', 'kind', 'debug', 'page', 'Kind', 'k%69nd', ' kind', '+kind', 'kind+', 'kind.a', 'kind\0', 'kind%00',
  'kind[]', 'kind[0]', 'kind[1]', 'kind[a]', 'kind[b][c]', 'kind%5B%5D', 'kind%5b0]', 'kind[][]', 'kind[99]', '[kind]',
  'kind[', 'kind]', 'kind[length]', '__proto__', '__proto__[kind]', 'constructor', 'toString', '\xefkind', '',
]
// biome-ignore format: a line for each kind.
const VALUES = [
  'deep', 'deep', 'deep', 'd%65ep', '%64eep', 'DEEP', 'deep,x', 'deep;x', 'deep+', '+deep', 'deep%00', 'deep%', 'deep?x',
  'deep#', 'deep%26kind=x', 'deep=', '=deep', 'deep%2Cdeep', 'deep\xa0', 'x', '', '%zz', '\xe9', '%E9', 'true',
]

/** Of a query or a form. */
export function oddQuery(random: Random): string {
  let query = ''
  const parameters = 1 + random.below(3)
  for (let count = 0; count < parameters; count++) {
    if (query !== '') query += random.pick(['&', '&', '&', '&&', ';', '?', '#', '&amp;'])
    query += random.pick(NAMES) + (random.chance(0.85) ? `=${random.pick(VALUES)}` : '')
  }
  return query
}

function insert(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at)
}

function replaceOne(text: string, random: Random, change: (character: string) => string): string {
  const at = random.below(text.length)
  return text.slice(0, at) + change(text.charAt(at)) + text.slice(at + 1)
}

function replaceSlash(text: string, random: Random, other: string): string {
  const slashes = [...text.matchAll(/\//g)].map(({ index }) => index)
  if (slashes.length === 0) return text
  const at = random.pick(slashes)
  return text.slice(0, at) + other + text.slice(at + 1)
}

function flipCase(character: string): string {
  const lower = character.toLowerCase()
  return lower === character ? character.toUpperCase() : lower
}

function escaped(character: string, random: Random): string {
  if (character === '') return ''
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${random.chance(0.5) ? hex : hex.toUpperCase()}`
}
