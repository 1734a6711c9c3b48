/** The option `portal` from the variables by which APIcast finds its portal. */
import { MIN_RELOAD_MS } from '../../defaults.ts'
import { MAX_TIMER_MS } from '../../primitives/clock.ts'
import type { Environment } from './environment.ts'
import type { PortalOptions } from './portal-options.ts'

const ENVIRONMENTS = ['production', 'staging', 'sandbox'] as const

/** Checks what has the form of a text; the rest is checked with the options. Problems quote no value. */
export function portalFromEnv(env: Environment, problems: string[]): PortalOptions {
  return {
    ...endpointOf(env, problems),
    ...environmentOf(env, problems),
    ...reloadMsOf(env, problems),
    ...serviceIdsOf(env, problems),
    ...versionsOf(env, problems),
  }
}

/** Takes the token out, as no address with one should be shown anywhere. */
function endpointOf(env: Environment, problems: string[]): Pick<PortalOptions, 'endpoint' | 'token'> {
  const variable = 'THREESCALE_PORTAL_ENDPOINT'
  const value = env[variable] ?? ''
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    problems.push(`${variable} must be a URL such as https://TOKEN@acme-admin.3scale.net`)
    return { endpoint: '' }
  }
  let token = ''
  try {
    token = decodeURIComponent(url.username || url.password)
    if (token === '') problems.push(`${variable} has no access token; write https://TOKEN@acme-admin.3scale.net`)
  } catch {
    problems.push(`${variable} has a token with broken escapes`)
  }
  url.username = ''
  url.password = ''
  return { endpoint: url.href, token }
}

function environmentOf(env: Environment, problems: string[]): Pick<PortalOptions, 'environment'> {
  const value = env.THREESCALE_DEPLOYMENT_ENV
  if (value === undefined || value === '') return {}
  const environment = ENVIRONMENTS.find((known) => known === value)
  if (environment === undefined) problems.push('THREESCALE_DEPLOYMENT_ENV must be production, staging or sandbox')
  return { environment }
}

/** In seconds. APIcast loads at each request with 0, and never again with a negative number. */
function reloadMsOf(env: Environment, problems: string[]): Pick<PortalOptions, 'reloadMs'> {
  const value = env.APICAST_CONFIGURATION_CACHE
  if (value === undefined || value === '') return {}
  const ms = Number(value) * 1000
  if (/^-?\d+$/.test(value) && ms <= MAX_TIMER_MS) return { reloadMs: ms < 0 ? false : Math.max(ms, MIN_RELOAD_MS) }
  problems.push('APICAST_CONFIGURATION_CACHE must be a whole number of seconds')
  return {}
}

function serviceIdsOf(env: Environment, problems: string[]): Pick<PortalOptions, 'serviceIds'> {
  const { APICAST_SERVICES_LIST: list = '', APICAST_SERVICES: formerName = '' } = env
  if (list !== '' && formerName !== '') {
    problems.push('APICAST_SERVICES_LIST and APICAST_SERVICES exclude each other; set one of them')
  }
  const value = list || formerName
  if (value === '') return {}
  const serviceIds = value
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
  if (serviceIds.length === 0) problems.push('APICAST_SERVICES_LIST names no service')
  return { serviceIds }
}

function versionsOf(env: Environment, problems: string[]): Pick<PortalOptions, 'versions'> {
  const versions: Record<string, number> = {}
  for (const [variable, value = ''] of Object.entries(env)) {
    const [, id] = /^APICAST_SERVICE_(.+)_CONFIGURATION_VERSION$/.exec(variable) ?? []
    if (id === undefined || value === '' || value === 'latest') continue
    if (/^[1-9]\d{0,14}$/.test(value)) versions[id] = Number(value)
    else problems.push(`${variable} must be the number of a version, or latest`)
  }
  return Object.keys(versions).length === 0 ? {} : { versions }
}
