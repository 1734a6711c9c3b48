/** The paths of calls, with our own credentials encoded once. */

import type { ResolvedClientOptions } from '../client-options.ts'
import type { Endpoint } from './authorize-call.ts'
import { encode } from './parameter.ts'

export interface Address {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query up to our credentials and the service. A missing service is a problem. */
  authorizePath(endpoint: Endpoint, oauth: boolean, service: string | undefined, problems: string[]): string
  readonly reportPath: string
  /** Our credentials and the service as the beginning of a form body. */
  reportBody(service: string | undefined, problems: string[]): string
}

export function createAddress(options: ResolvedClientOptions): Address {
  const { serviceId } = options
  const url = new URL(options.backendUrl)
  const base = url.pathname === '/' ? '' : url.pathname
  const credential =
    options.serviceToken === undefined
      ? `provider_key=${encodeURIComponent(options.providerKey ?? '')}`
      : `service_token=${encodeURIComponent(options.serviceToken)}`
  const serviceNeeded = options.serviceToken !== undefined
  const defaultQuery =
    serviceId === undefined ? credential : `${credential}&service_id=${encodeURIComponent(serviceId)}`

  function query(service: string | undefined, problems: string[]): string {
    if (service === undefined || service === serviceId) {
      if (serviceId === undefined && serviceNeeded) problems.push('service is missing, and the client has no serviceId')
      return defaultQuery
    }
    if (service === '') problems.push('service is empty')
    return `${credential}&service_id=${encode(service, 'service', problems)}`
  }

  const paths = {
    authorize: `${base}/transactions/authorize.xml?`,
    authrep: `${base}/transactions/authrep.xml?`,
    oauth_authorize: `${base}/transactions/oauth_authorize.xml?`,
    oauth_authrep: `${base}/transactions/oauth_authrep.xml?`,
  }
  const defaultPaths = {
    authorize: paths.authorize + defaultQuery,
    authrep: paths.authrep + defaultQuery,
    oauth_authorize: paths.oauth_authorize + defaultQuery,
    oauth_authrep: paths.oauth_authrep + defaultQuery,
  }

  return {
    origin: url.origin,
    authorizePath(endpoint, oauth, service, problems) {
      const name = oauth ? (`oauth_${endpoint}` as const) : endpoint
      const isDefault = service === undefined || service === serviceId
      return isDefault && (serviceId !== undefined || !serviceNeeded)
        ? defaultPaths[name]
        : paths[name] + query(service, problems)
    },
    reportPath: `${base}/transactions.xml`,
    reportBody: query,
  }
}
