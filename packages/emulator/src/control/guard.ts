/** Protects the control API from web pages, by Host, Origin and content type. */
import { type EmulatorRequest, type EmulatorResponse, headerOf } from '../http/message.ts'
import { mediaType } from '../rack/request-parameters.ts'
import { problem } from './json.ts'

/** Gives the refusal of a request, or undefined when it is allowed. */
export type Guard = (request: EmulatorRequest) => EmulatorResponse | undefined

/** A guard that accepts localhost, IP addresses and `allowedHosts` as Host. @throws RangeError for what is no name. */
export function createGuard(allowedHosts: readonly string[]): Guard {
  const allowed = new Set(allowedHosts.map(hostName))
  return (request) => {
    const host = headerOf(request, 'host')
    if (host === undefined || !(isOwnName(host) || allowed.has(withoutPort(host)))) {
      return problem(403, 'the control API answers only to localhost, IP addresses and the names of --allow-host')
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
}

// An attacker's name may resolve to this machine (DNS rebinding); addresses and localhost cannot be rebound.
function isOwnName(host: string): boolean {
  return /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host)
}

function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

function hostName(name: string): string {
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(name)) {
    throw new RangeError(`an allowed host must be a name without a port, not ${JSON.stringify(name)}`)
  }
  return name.toLowerCase()
}
