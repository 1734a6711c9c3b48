/** Requests of the served fuzz, each made from one number. */
import { oddQuery, oddTarget } from './odd-target.ts'
import { createRandom } from './random.ts'
import type { PlainRequest } from './route-set.ts'

export interface OddRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const METHODS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE']
/** HTTP/2 carries methods that Node's parser of HTTP/1 refuses. */
const HTTP2_METHODS = [...METHODS, 'get', 'Get', 'head', 'FOO', 'GET ']
// biome-ignore format: one line is enough.
const HOSTS = [
  'h', 'h:80', 'H', 'h.', '', 'other.example', 'a,b', 'h/v1', '[::1]', 'user@h', 'h?x', 'h#x', '\xe9', 'h\\x',
]
const FORM = 'application/x-www-form-urlencoded'
// biome-ignore format: one line is enough.
const MEDIA_TYPES = [
  FORM, FORM, FORM, `${FORM}; charset=utf-8`, FORM.toUpperCase(), `text/plain; a=${FORM}`, 'text/plain',
]

/** The request of a price, with nothing odd. */
export function plainRequest({ target, method = 'GET', body = '' }: PlainRequest): OddRequest {
  return { target, method, body, headers: { host: 'h', ...(body === '' ? {} : { 'content-type': FORM }) } }
}

/**
 * @param plain requests for the prices of a site; the odd one is made from one or two of them.
 * @param http2 whether it may have a method that only HTTP/2 carries.
 */
export function oddRequest(plain: readonly PlainRequest[], seed: number, http2: boolean): OddRequest {
  const random = createRandom(seed)
  const model = random.pick(plain)
  const target = oddTarget(random.chance(0.8) ? [model.target] : plain.map((one) => one.target), random)
  const method = random.chance(0.75) ? (model.method ?? 'GET') : random.pick(http2 ? HTTP2_METHODS : METHODS)
  const withBody = model.body !== undefined ? random.chance(0.8) : random.chance(0.1)
  const body = !withBody ? '' : random.chance(0.3) ? (model.body ?? '') : oddQuery(random)
  const headers: Record<string, string> = { host: random.chance(0.8) ? 'h' : random.pick(HOSTS) }
  if (random.chance(0.1)) headers['x-forwarded-host'] = random.pick(HOSTS)
  if (body !== '') headers['content-type'] = random.chance(0.7) ? FORM : random.pick(MEDIA_TYPES)
  return { method, target, headers, body }
}

/** Requests that differ from this one by less than a whole: for the smallest that still fails. */
export function* smaller(request: OddRequest): Generator<OddRequest> {
  const { method, target, headers, body } = request
  if (method !== 'GET') yield { ...request, method: 'GET' }
  for (const name of Object.keys(headers)) {
    const { [name]: _dropped, ...rest } = headers
    if (name !== 'host') yield { ...request, headers: rest }
    else if (headers.host !== 'h') yield { ...request, headers: { ...headers, host: 'h' } }
  }
  for (const length of [8, 4, 2, 1]) {
    for (let at = 0; at + length <= target.length; at++) {
      yield { ...request, target: target.slice(0, at) + target.slice(at + length) }
    }
    for (let at = 0; at + length <= body.length; at++) {
      yield { ...request, body: body.slice(0, at) + body.slice(at + length) }
    }
  }
}
