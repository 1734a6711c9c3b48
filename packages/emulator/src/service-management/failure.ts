/** Answers to failed requests: `<error>` documents, Sinatra's HTML page, empty bodies. */
import { BackendError, CrashError, EmptyForbiddenError, errors } from '../backend/errors.ts'
import { errorDocument } from '../backend/xml.ts'
import { documentHeaders, errorHeaders, htmlErrorHeaders } from '../http/headers.ts'
import type { EmulatorResponse } from '../http/message.ts'
import { ParameterError } from '../rack/parameter.ts'

/**
 * The answer to a failure. `noBody` is called only where the backend reads the extension. Errors of other classes are
 * thrown again.
 */
export function failureResponse(error: unknown, noBody: () => boolean): EmulatorResponse {
  if (error instanceof BackendError) {
    try {
      return errorResponse(error, error.code !== 'not_valid_data' && noBody())
    } catch {
      // Malformed extensions crash the backend even while it answers another failure.
      return crashResponse
    }
  }
  if (error instanceof EmptyForbiddenError) return { status: 403, headers: documentHeaders, body: '' }
  if (error instanceof CrashError || (error instanceof ParameterError && error.kind === 'crash')) return crashResponse
  if (error instanceof ParameterError) return parameterResponse(error)
  throw error
}

/** The answer of the real backend when it crashes. */
export const crashResponse: EmulatorResponse = { status: 500, headers: {}, body: 'Internal Server Error\n' }

function errorResponse(error: BackendError, silent = false): EmulatorResponse {
  return { status: error.status, headers: errorHeaders, body: silent ? '' : errorDocument(error.code, error.message) }
}

function parameterResponse({ kind, message }: ParameterError): EmulatorResponse {
  if (kind === 'limit') return errorResponse(errors.badRequest(message))
  if (kind === 'encoding') return errorResponse(errors.badRequest('Invalid query parameters: invalid %-encoding'))
  if (message.startsWith('expected Hash (got Array)')) return errorResponse(errors.badRequest())
  const what = kind === 'multipart' ? 'Invalid multipart/form-data' : 'Invalid query parameters'
  // Sinatra escapes the message when it raises the error, and again when it renders it.
  return { status: 400, headers: htmlErrorHeaders, body: escapeHtml(`${what}: ${escapeHtml(message)}`) }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
