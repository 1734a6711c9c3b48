/** All parameters of a request: those of the query, replaced by those of a form body with the same name. */
import { boundaryOf, parseMultipart } from './multipart.ts'
import type { ParameterHash } from './parameter.ts'
import { parseQuery } from './query.ts'

const formTypes = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/related',
  'multipart/mixed',
])

export interface RequestParameters {
  /** The parameters of the query string alone. */
  readonly query: ParameterHash
  /** Query and body together. */
  readonly all: ParameterHash
}

/** The media type of a Content-Type header in lower case without parameters; undefined when empty or absent. */
export function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType === '') return undefined
  return contentType.split(/[;,]/, 1)[0]!.trimEnd().toLowerCase()
}

/**
 * Reads query and body, both byte strings. A body is read for every method if its Content-Type is that of a form, and
 * for POST also without a Content-Type. Undefined: the request has no body and no length of one. @throws ParameterError
 */
export function readParameters(
  method: string,
  query: string,
  contentType: string | undefined,
  body: string | undefined,
): RequestParameters {
  const fromQuery = parseQuery(query)
  const type = mediaType(contentType)
  const isForm = type === undefined ? method === 'POST' : formTypes.has(type)
  if (!isForm) return { query: fromQuery, all: fromQuery }
  const all = new Map(fromQuery)
  for (const [name, value] of readForm(type, contentType, body)) all.set(name, value)
  return { query: fromQuery, all }
}

function readForm(type: string | undefined, contentType: string | undefined, body: string | undefined): ParameterHash {
  if (body === '') return new Map()
  const boundary = type?.startsWith('multipart/') ? boundaryOf(contentType!) : undefined
  if (boundary !== undefined) return parseMultipart(body ?? '', boundary)
  // Rack drops one NUL at the end, which Safari used to append.
  return parseQuery(body?.endsWith('\0') ? body.slice(0, -1) : (body ?? ''))
}
