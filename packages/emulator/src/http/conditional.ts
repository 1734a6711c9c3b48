/** Answers to clients that may have the document already (RFC 9110, section 13). */
import { createHash } from 'node:crypto'
import { type EmulatorRequest, type EmulatorResponse, headerOf } from './message.ts'

/**
 * The answer with a weak ETag, or a 304 if the request names that ETag, or names no ETag and a time that is not before
 * `modifiedAt` (epoch milliseconds).
 */
export function conditional(
  request: EmulatorRequest,
  response: EmulatorResponse,
  modifiedAt?: number,
): EmulatorResponse {
  const etag = `W/"${createHash('sha256').update(response.body).digest('hex').slice(0, 32)}"`
  const modified = modifiedAt === undefined ? {} : { 'last-modified': new Date(modifiedAt).toUTCString() }
  const headers: EmulatorResponse['headers'] = { ...response.headers, etag, ...modified }
  const { 'content-type': _, ...headersOf304 } = headers
  return isKnown(request, etag, modifiedAt)
    ? { status: 304, headers: headersOf304, body: '' }
    : { ...response, headers }
}

function isKnown(request: EmulatorRequest, etag: string, modifiedAt: number | undefined): boolean {
  const named = headerOf(request, 'if-none-match')
  if (named !== undefined) return named.split(/\s*,\s*/).some((one) => one === '*' || one === etag)
  const since = Date.parse(headerOf(request, 'if-modified-since') ?? '')
  return modifiedAt !== undefined && Math.floor(modifiedAt / 1000) * 1000 <= since
}
