/**
 * Reads a denial: its code, its reason, and the document it may hold. Any 4xx is a denial, whatever its body; whether it is
 * 3scale's is said beside it.
 */
import type { Credentials } from '../../domain/credentials.ts'
import { codeOfReason, codeOfStatus, ENDPOINT_NOT_FOUND, USAGE_INVALID } from '../../domain/rejection-codes.ts'
import { MAX_BODY_BYTES, type TransportResponse } from '../transport/transport.ts'
import { unescapeXml } from './escapes.ts'
import { headerOf, isEncoded, isThreescaleType, shownType } from './media-type.ts'
import { splitReason } from './split-reason.ts'

export interface AnsweredDenial {
  readonly code: string
  readonly reason: string
  /** The status document without its reason; undefined if there is none, or if the reason's end is not certain. */
  readonly document: string | undefined
  /** The content type of an answer that is not 3scale's; undefined for an answer of 3scale. */
  readonly foreign: string | undefined
}

const ERROR = /^\s*(?:<\?xml[^>]*>\s*)?<error code="([^"<>]*)">([\s\S]*)<\/error>\s*$/

/**
 * Only 3scale sends a rejection code in the header, or an error or status document with its own content type. All else is
 * foreign: the page of a proxy, and the empty bodies that the backend's web server and its routes send, too.
 *
 * @param noBody whether the call asked for no body; an empty body then means nothing.
 * @param credentials what the call sent of the caller, as `referrer`: a reason may quote it.
 */
export function readDenial(
  response: TransportResponse,
  noBody: boolean,
  credentials?: Credentials,
  referrer?: string,
): AnsweredDenial {
  const named = wellFormedCode(headerOf(response, '3scale-rejection-reason'))
  const text = isThreescaleType(response) ? bodyText(response) : undefined
  const error = text === undefined ? null : ERROR.exec(text)
  if (error !== null) {
    const code = wellFormedCode(error[1])
    return {
      code: named ?? code ?? codeOfStatus(response.status),
      reason: unescapeXml(error[2]!),
      document: undefined,
      foreign: named === undefined && code === undefined ? shownType(response) : undefined,
    }
  }
  const status = text === undefined ? undefined : splitReason(text, credentials, referrer)
  if (status !== undefined) {
    const code = named ?? codeOfReason(status.reason) ?? codeOfStatus(response.status)
    return { code, ...status, foreign: undefined }
  }
  const isOurs = named !== undefined || (noBody && text === '')
  return {
    code: named ?? (text === '' && !noBody ? codeOfEmpty(response.status) : codeOfStatus(response.status)),
    reason: `the 3scale backend refused the call with status ${response.status}`,
    document: undefined,
    foreign: isOurs ? undefined : shownType(response),
  }
}

/** The body as text; undefined if it is incomplete, encoded or too long. Bytes that are not UTF-8 become U+FFFD. */
function bodyText(response: TransportResponse): string | undefined {
  if (response.failure !== undefined || isEncoded(response) || response.body.length > MAX_BODY_BYTES) return undefined
  return Buffer.from(response.body.buffer, response.body.byteOffset, response.body.byteLength).toString('utf8')
}

function codeOfEmpty(status: number): string {
  if (status === 403) return USAGE_INVALID
  return status === 404 ? ENDPOINT_NOT_FOUND : codeOfStatus(status)
}

/** Callers and logs are shown the code, so a text of any other form is dropped. */
function wellFormedCode(code: string | undefined): string | undefined {
  return code !== undefined && /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : undefined
}
