/** Maps a method and a path to an endpoint. */

export interface AuthorizeEndpoint {
  readonly kind: 'authorize'
  readonly name: EndpointName
  readonly oauth: boolean
  readonly counts: boolean
}

export type Endpoint =
  | AuthorizeEndpoint
  | { readonly kind: 'report' }
  | {
      readonly kind:
        | 'check'
        | 'status'
        | 'available'
        | 'preflight'
        | 'internal'
        | 'not-mapped'
        | 'not-found'
        | 'unsupported'
    }

/** The Service Management endpoints, by the names that the control API and faults use. */
export const endpointNames = ['authorize', 'authrep', 'oauth_authorize', 'oauth_authrep', 'report'] as const

export type EndpointName = (typeof endpointNames)[number]

const reads: Readonly<Record<string, Endpoint | undefined>> = {
  __proto__: null as never,
  '/transactions/authorize.xml': { kind: 'authorize', name: 'authorize', oauth: false, counts: false },
  '/transactions/authrep.xml': { kind: 'authorize', name: 'authrep', oauth: false, counts: true },
  '/transactions/oauth_authorize.xml': { kind: 'authorize', name: 'oauth_authorize', oauth: true, counts: false },
  '/transactions/oauth_authrep.xml': { kind: 'authorize', name: 'oauth_authrep', oauth: true, counts: true },
  '/check.txt': { kind: 'check' },
  '/status': { kind: 'status' },
}
const report: Endpoint = { kind: 'report' }

/** The methods that the backend's HTTP server (puma) passes on. */
const supportedMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])

/** Whether the backend's HTTP server supports a method; others are answered with 501. */
export function isSupported(method: string): boolean {
  return supportedMethods.has(method)
}

/** Whether a text is a method to the backend's HTTP parser; requests with others are refused as malformed. */
export function isMethod(text: string): boolean {
  return /^[A-Z0-9$_.-]{1,20}$/.test(text)
}

/** The endpoint, or the kind of refusal. Paths are case sensitive; HEAD runs GET routes. */
export function route(method: string, path: string): Endpoint {
  if (!isSupported(method)) return { kind: 'unsupported' }
  if (path === '/internal' || path.startsWith('/internal/')) return { kind: 'internal' }
  if (!path.startsWith('/') && path !== '') return { kind: 'not-mapped' }
  if (method === 'OPTIONS') return { kind: 'preflight' }
  if (method === 'POST' && path === '/transactions.xml') return report
  if (method === 'HEAD' && path === '/available') return { kind: 'available' }
  const found = method === 'GET' || method === 'HEAD' ? reads[path] : undefined
  return found ?? { kind: 'not-found' }
}

/** The name of a Service Management endpoint, undefined for any other. */
export function endpointName(endpoint: Endpoint): EndpointName | undefined {
  return endpoint.kind === 'authorize' ? endpoint.name : endpoint.kind === 'report' ? 'report' : undefined
}
