/** Where calls go: paths with our own credentials, written once. */

import type { ResolvedClientOptions } from '../client-options.ts'
import type { Endpoint } from './authorize-call.ts'
import { encode } from './parameter.ts'

export interface Address {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query up to our credentials. Problems when there is no service to speak of. */
  authorizePath(endpoint: Endpoint, oauth: boolean, service: string | undefined, problems: string[]): string
  readonly reportPath: string
  /** Our credentials as the beginning of a form body. */
  reportBody(service: string | undefined, problems: string[]): string
}

export function createAddress(options: ResolvedClientOptions): Address {
  const { serviceId } = options
  const url = new URL(options.backendUrl)
  const base = url.pathname === '/' ? '' : url.pathname
  const ours =
    options.serviceToken === undefined
      ? `provider_key=${encodeURIComponent(options.providerKey ?? '')}`
      : `service_token=${encodeURIComponent(options.serviceToken)}`
  const serviceNeeded = options.serviceToken !== undefined
  const ownQuery = serviceId === undefined ? ours : `${ours}&service_id=${encodeURIComponent(serviceId)}`

  function query(service: string | undefined, problems: string[]): string {
    if (service === undefined || service === serviceId) {
      if (serviceId === undefined && serviceNeeded) problems.push('service is missing, and the client has no serviceId')
      return ownQuery
    }
    if (service === '') problems.push('service is empty')
    return `${ours}&service_id=${encode(service, 'service', problems)}`
  }

  const paths = {
    authorize: `${base}/transactions/authorize.xml?`,
    authrep: `${base}/transactions/authrep.xml?`,
    oauth_authorize: `${base}/transactions/oauth_authorize.xml?`,
    oauth_authrep: `${base}/transactions/oauth_authrep.xml?`,
  }
  const ownPaths = {
    authorize: paths.authorize + ownQuery,
    authrep: paths.authrep + ownQuery,
    oauth_authorize: paths.oauth_authorize + ownQuery,
    oauth_authrep: paths.oauth_authrep + ownQuery,
  }

  return {
    origin: url.origin,
    authorizePath(endpoint, oauth, service, problems) {
      const name = oauth ? (`oauth_${endpoint}` as const) : endpoint
      const own = service === undefined || service === serviceId
      return own && (serviceId !== undefined || !serviceNeeded)
        ? ownPaths[name]
        : paths[name] + query(service, problems)
    },
    reportPath: `${base}/transactions.xml`,
    reportBody: query,
  }
}
