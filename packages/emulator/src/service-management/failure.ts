/** How what goes wrong is answered: documents, Sinatra's HTML page, empty answers. */
import { BackendError, CrashError, EmptyForbiddenError, errors } from '../backend/errors.ts'
import { errorDocument } from '../backend/xml.ts'
import { documentHeaders, errorHeaders, htmlErrorHeaders } from '../http/headers.ts'
import type { EmulatorResponse } from '../http/message.ts'
import { ParameterError } from '../rack/parameter.ts'

/**
 * The answer to a failure. `noBody` is asked only where the backend heeds the extension; errors of other classes
 * are not answered but thrown on.
 */
export function failureResponse(error: unknown, noBody: () => boolean): EmulatorResponse {
  if (error instanceof BackendError) {
    try {
      return errorResponse(error, error.code !== 'not_valid_data' && noBody())
    } catch {
      // Extensions that cannot be read break the answering of another failure.
      return crashResponse
    }
  }
  if (error instanceof EmptyForbiddenError) return { status: 403, headers: documentHeaders, body: '' }
  if (error instanceof CrashError) return crashResponse
  if (error instanceof ParameterError) return parameterResponse(error)
  throw error
}

/** The breakdown of the real backend. */
export const crashResponse: EmulatorResponse = { status: 500, headers: {}, body: 'Internal Server Error\n' }

function errorResponse(error: BackendError, silent = false): EmulatorResponse {
  return { status: error.status, headers: errorHeaders, body: silent ? '' : errorDocument(error.code, error.message) }
}

function parameterResponse({ kind, message }: ParameterError): EmulatorResponse {
  if (kind === 'limit') return errorResponse(errors.badRequest(message))
  if (kind === 'encoding') return errorResponse(errors.badRequest('Invalid query parameters: invalid %-encoding'))
  if (message.startsWith('expected Hash (got Array)')) return errorResponse(errors.badRequest())
  const what = kind === 'multipart' ? 'Invalid multipart/form-data' : 'Invalid query parameters'
  // Sinatra escapes the message when it raises, and again when it shows it.
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
