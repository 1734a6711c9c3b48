/** Checks the address of a backend. */
import { DEFAULTS } from '../defaults.ts'

/** The path of one call, which stands behind the base in examples of the API. */
const ENDPOINT = /\/transactions(?:\/(?:oauth_)?auth(?:orize|rep))?\.xml\/*$/

/** Accepts an absolute http or https URL without user, query, fragment or endpoint; the result has no slash at its end. */
export function checkBackendUrl(value: unknown, path: string, problems: string[]): string | undefined {
  const url = URL.canParse(String(value)) ? new URL(String(value)) : null
  // The value is not shown, because it may contain a password.
  if (url === null) problems.push(`${path} must be an absolute URL such as ${DEFAULTS.backendUrl}`)
  else if (url.protocol !== 'https:' && url.protocol !== 'http:') problems.push(`${path} must be an http or https URL`)
  else if (url.username !== '' || url.password !== '') problems.push(`${path} must not contain a user name or password`)
  else if (url.search !== '' || url.hash !== '') problems.push(`${path} must not contain a query or a fragment`)
  else if (ENDPOINT.test(url.pathname)) problems.push(`${path} must be the base alone, without /transactions….xml`)
  else return url.href.replace(/\/+$/, '')
  return undefined
}

/** The warning about a backend that is called in plain http on another machine; undefined if there is none to give. */
export function plainHttpWarning(path: string, url: string): string | undefined {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'http:' || isLoopback(hostname)) return undefined
  return `${path} is plain http to ${hostname}: credentials travel unencrypted; use https unless the network is trusted`
}

/** Whether a name is one of this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
