/** Protects the control API from web pages, by Host, Origin and content type. */
import { type EmulatorRequest, type EmulatorResponse, headerOf } from '../http/message.ts'
import { mediaType } from '../rack/request-parameters.ts'
import { problem } from './json.ts'

/** A refusal, or undefined when the request is allowed. */
export function refusalOf(request: EmulatorRequest): EmulatorResponse | undefined {
  const host = headerOf(request, 'host')
  if (host === undefined || !isOwnName(host)) {
    return problem(403, 'the control API answers only to localhost and IP addresses')
  }
  const origin = headerOf(request, 'origin')
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return problem(403, 'the control API does not answer pages of other origins')
  }
  const hasBody = request.body !== undefined && request.body.length > 0
  if ((hasBody || request.method === 'PUT') && mediaType(headerOf(request, 'content-type')) !== 'application/json') {
    return problem(415, 'the body must be application/json')
  }
  return undefined
}

// An attacker's name may resolve to this machine (DNS rebinding); addresses and localhost cannot be rebound.
function isOwnName(host: string): boolean {
  return /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host)
}
