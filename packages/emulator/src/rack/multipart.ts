/** multipart/form-data bodies, as far as the backend reads parameters from them: text fields by name. */
import { decodeBytes } from '../ruby/bytes.ts'
import { addParameter } from './nesting.ts'
import { ParameterError, type ParameterHash } from './parameter.ts'

/** The boundary in a Content-Type, or undefined when it names none (the body is then ignored, as by Rack). */
export function boundaryOf(contentType: string): string | undefined {
  const match = /^multipart\/[^;]+;.*?boundary="?([^";,]+)"?/is.exec(contentType)
  return match?.[1]?.trimEnd()
}

/**
 * Parses a body given as a byte string.
 * @throws ParameterError of kind `multipart` when the closing boundary is missing (Rack's EmptyContentError).
 */
export function parseMultipart(body: string, boundary: string): ParameterHash {
  const parameters: ParameterHash = new Map()
  const delimiter = `--${boundary}`
  const truncated = () => new ParameterError('multipart', 'Rack::Multipart::EmptyContentError')
  let at = body.startsWith(delimiter) ? 0 : body.indexOf(`\r\n${delimiter}`) + 2
  if (at === 1) throw truncated()
  for (;;) {
    at += delimiter.length
    if (body.startsWith('--', at)) return parameters
    const headersStart = body.indexOf('\r\n', at)
    const headersEnd = body.indexOf('\r\n\r\n', headersStart)
    const end = body.indexOf(`\r\n${delimiter}`, headersEnd)
    if (headersStart < 0 || headersEnd < 0 || end < 0) throw truncated()
    addPart(parameters, body.slice(headersStart, headersEnd), body.slice(headersEnd + 4, end))
    at = end + 2
  }
}

function addPart(parameters: ParameterHash, headers: string, content: string): void {
  const disposition = /\r\ncontent-disposition:([^\r]*)/i.exec(headers)?.[1]
  const name = disposition && /[;\s]name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition)
  if (!name) return
  const text = (name[1] ?? name[2] ?? '').replace(/\\(.)/g, '$1')
  addParameter(parameters, decodeBytes(text), decodeBytes(content))
}
