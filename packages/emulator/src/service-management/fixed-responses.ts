/** Answers that do not depend on the provider. */
import { documentHeaders, forbiddenHeaders, notFoundHeaders, plainHeaders, preflightHeaders } from '../http/headers.ts'
import type { EmulatorResponse } from '../http/message.ts'

type FixedKind = 'check' | 'status' | 'available' | 'preflight' | 'not-found'

const responses: Readonly<Record<FixedKind, EmulatorResponse>> = {
  check: { status: 200, headers: plainHeaders('text/plain;charset=utf-8'), body: 'ok' },
  status: {
    status: 200,
    headers: plainHeaders('application/json'),
    body: '{"status":"ok","version":{"backend":"3.4.3"}}',
  },
  available: { status: 200, headers: documentHeaders, body: '' },
  preflight: { status: 204, headers: preflightHeaders, body: '' },
  'not-found': { status: 404, headers: notFoundHeaders, body: '' },
}

/** Health checks, preflights and unknown routes. */
export function fixedResponse(kind: FixedKind): EmulatorResponse {
  return responses[kind]
}

/** The internal API: the emulator has no credentials that it would accept. */
export const internalResponse: EmulatorResponse = {
  status: 401,
  headers: { 'content-type': 'text/plain', 'www-authenticate': 'Basic realm=""' },
  body: '',
}

/** A target that is not a path, such as `*`. */
export function notMappedResponse(target: string): EmulatorResponse {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain', 'x-cascade': 'pass' },
    body: `Not Found: ${target}`,
  }
}

/** A method that the HTTP server does not support. */
export function unsupportedResponse(method: string): EmulatorResponse {
  return { status: 501, headers: {}, body: `${method} method is not supported` }
}

/** JSON for a page of another origin. */
export const forbiddenResponse: EmulatorResponse = { status: 403, headers: forbiddenHeaders, body: 'Forbidden' }
