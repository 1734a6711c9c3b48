/** Turns an HTTP answer into a verdict or an error. The status decides, never the document (law 2). */
import { isUtf8 } from 'node:buffer'
import type { Credentials } from '../../domain/credentials.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { BackendError, ProtocolError } from '../../errors.ts'
import { MAX_BODY_BYTES, type TransportResponse } from '../transport/transport.ts'
import { readDenial } from './denial.ts'
import { authorizedVerdict, deniedVerdict, type Prepared } from './lazy-verdict.ts'
import { readLimitHeaders } from './limit-headers.ts'
import { headerOf, isEncoded, isThreescaleType, shownType } from './media-type.ts'
import { readRetryAfter } from './retry-after.ts'

const AUTHORIZED = /^\s*(?:<\?xml[^>]*>\s*)?<status>\s*<authorized>true<\/authorized>/

/**
 * Reads the verdict from the answer to an authorize or authrep call. Later where the details need a parser that is not
 * loaded yet.
 *
 * @param noBody whether the call asked for no body; an empty 200 then authorizes.
 * @param now epoch milliseconds, for a Retry-After date.
 * @param credentials what the call sent of the caller, as `referrer`: a denial's reason may quote it.
 * @throws BackendError for 5xx and 429; ProtocolError for a 2xx or 3xx that is not 3scale's answer.
 */
export function readAnswer(
  response: TransportResponse,
  noBody: boolean,
  now: number,
  credentials: Credentials,
  referrer: string | undefined,
): Verdict | Promise<Verdict> {
  const verdict = verdictOf(response, noBody, now, credentials, referrer)
  const { ready } = verdict
  return ready === undefined ? verdict : ready.then(() => verdict)
}

function verdictOf(
  response: TransportResponse,
  noBody: boolean,
  now: number,
  credentials: Credentials,
  referrer: string | undefined,
): Verdict & Prepared {
  const { status } = response
  if (status === 200) {
    const document = readAuthorized(response, noBody)
    return authorizedVerdict(status, document, readLimitHeaders(response))
  }
  if (isDenial(status) || isLimitDenial(response)) {
    const { code, reason, document, foreign } = readDenial(response, noBody, credentials, referrer)
    return deniedVerdict(status, code, reason, document, readLimitHeaders(response, 0), foreign)
  }
  throw failureOf(response, now)
}

/** Whether a status is a denial: any 4xx but 429, because a caller can cause them in many ways (law 3). */
export function isDenial(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429
}

/** A 429 with 3scale's rejection header is a verdict about limits; any other 429 means that the backend is busy. */
function isLimitDenial(response: TransportResponse): boolean {
  return response.status === 429 && headerOf(response, '3scale-rejection-reason') === 'limits_exceeded'
}

/** The error for a status that is neither the expected one nor a denial. */
export function failureOf(response: TransportResponse, now: number): BackendError | ProtocolError {
  const { status } = response
  if (status >= 500 || status === 429) {
    return new BackendError(status, readRetryAfter(headerOf(response, 'retry-after'), now))
  }
  return protocolError(response, 'an answer of 3scale')
}

/**
 * The document of an answer that authorizes. Checks only its beginning, its end and its content type. Unescaped names
 * may break the XML between them, and a later look at the details must not turn that into an error.
 */
function readAuthorized(response: TransportResponse, noBody: boolean): string | undefined {
  const { body } = response
  if (!isThreescaleType(response) || isEncoded(response) || body.length > MAX_BODY_BYTES) {
    throw protocolError(response, 'an answer of 3scale')
  }
  if (body.length === 0 && noBody) return undefined
  if (!isUtf8(body)) throw protocolError(response, 'UTF-8')
  const document = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  if (!AUTHORIZED.test(document) || !document.trimEnd().endsWith('</status>')) {
    throw protocolError(response, 'a complete status document that authorizes')
  }
  return document
}

/** Describes an unexpected answer without quoting it, because a foreign page may repeat the request. */
export function protocolError(response: TransportResponse, expected: string): ProtocolError {
  const size = response.body.length > MAX_BODY_BYTES ? `over ${MAX_BODY_BYTES}` : response.body.length
  const encoded = isEncoded(response) ? ', encoded' : ''
  const type = shownType(response)
  return new ProtocolError(
    `status ${response.status} from the backend is not ${expected}: ${type}, ${size} bytes${encoded}`,
    response.status,
    isThreescaleType(response) ? undefined : type,
  )
}
