/** Options of a gateway from environment variables: those of APIcast that mean the same here, and those of proxies. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createProxyDispatcher } from '../../client/transport/proxy-dispatcher.ts'
import { ConfigError } from '../../errors.ts'
import { checkBackendUrl } from '../../validation/backend-url.ts'
import { type Check, isRecord, text } from '../../validation/checks.ts'
import type { Environment } from './environment.ts'
import type { GatewayOptions } from './gateway-options.ts'
import { portalFromEnv } from './portal-from-env.ts'
import { proxiesOf } from './proxies-from-env.ts'

/** Each variable with the option that it sets. */
const VARIABLES: readonly (readonly [variable: string, option: keyof GatewayOptions, check: Check])[] = [
  ['THREESCALE_SERVICE_ID', 'serviceId', text()],
  ['THREESCALE_SERVICE_TOKEN', 'serviceToken', text()],
  ['THREESCALE_PROVIDER_KEY', 'providerKey', text()],
  ['THREESCALE_BACKEND_URL', 'backendUrl', checkBackendUrl],
  ['BACKEND_ENDPOINT_OVERRIDE', 'backendUrl', checkBackendUrl],
  ['THREESCALE_CONFIG_FILE', 'configFile', checkConfigFile],
  ['APICAST_RESPONSE_CODES', 'responseCodes', checkSwitch],
]

/** Variables that say which services are served. Ignoring one could serve others than were meant. */
const UNSUPPORTED: readonly string[] = ['APICAST_CONFIGURATION', 'APICAST_SERVICES_FILTER_BY_URL']
/** Variables that need a portal, for the same reason. */
const OF_PORTAL: readonly string[] = ['APICAST_SERVICES_LIST', 'APICAST_SERVICES']

/**
 * Reads THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, THREESCALE_PROVIDER_KEY, THREESCALE_BACKEND_URL or
 * BACKEND_ENDPOINT_OVERRIDE, THREESCALE_CONFIG_FILE, APICAST_RESPONSE_CODES, APICAST_PATH_ROUTING and
 * APICAST_PATH_ROUTING_ONLY. Without a file, THREESCALE_PORTAL_ENDPOINT becomes a `portal`, together with
 * THREESCALE_DEPLOYMENT_ENV, APICAST_CONFIGURATION_CACHE, APICAST_SERVICES_LIST and
 * APICAST_SERVICE_ID_CONFIGURATION_VERSION. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters or
 * capitals, become a `dispatcher`. An empty variable counts as absent.
 *
 * @throws ConfigError with every problem, by the variable's name; no value is quoted.
 */
export function optionsFromEnv(env: Environment = process.env): GatewayOptions {
  const problems: string[] = []
  const options: Record<string, unknown> = {}
  const setBy = new Map<string, string>()
  for (const [variable, option, check] of VARIABLES) {
    const value = env[variable]
    if (value === undefined || value === '') continue
    const other = setBy.get(option)
    if (other === undefined) options[option] = check(value, variable, problems)
    else problems.push(`${other} and ${variable} exclude each other; set one of them`)
    setBy.set(option, variable)
  }
  const pathRouting = pathRoutingOf(env, problems)
  if (pathRouting !== undefined) options.pathRouting = pathRouting
  const isGiven = (variable: string) => (env[variable] ?? '') !== ''
  for (const variable of UNSUPPORTED.filter(isGiven)) {
    problems.push(
      `${variable} is not supported; name the services by THREESCALE_PORTAL_ENDPOINT or THREESCALE_CONFIG_FILE`,
    )
  }
  // A file wins, as with APIcast.
  if (isGiven('THREESCALE_PORTAL_ENDPOINT') && !isGiven('THREESCALE_CONFIG_FILE')) {
    options.portal = portalFromEnv(env, problems)
  } else {
    for (const variable of OF_PORTAL.filter(isGiven)) {
      problems.push(
        `${variable} chooses services of a portal; set THREESCALE_PORTAL_ENDPOINT, or name the service by THREESCALE_SERVICE_ID`,
      )
    }
  }
  const proxies = proxiesOf(env, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  if (proxies.http !== undefined || proxies.https !== undefined) options.dispatcher = createProxyDispatcher(proxies)
  return options as GatewayOptions
}

function pathRoutingOf(env: Environment, problems: string[]): GatewayOptions['pathRouting'] {
  const [only, routing] = ['APICAST_PATH_ROUTING_ONLY', 'APICAST_PATH_ROUTING'].map((variable) => {
    const value = env[variable]
    return value === undefined || value === '' ? undefined : checkSwitch(value, variable, problems)
  })
  return only === true ? 'only' : routing
}

/** Reads the file, so that a mistake is told by the variable's name. */
function checkConfigFile(value: unknown, variable: string, problems: string[]): string | undefined {
  const path = resolve(String(value))
  try {
    if (isRecord(JSON.parse(readFileSync(path, 'utf8')))) return path
    problems.push(`${variable}: the file does not hold a 3scale configuration`)
  } catch (error) {
    const why = error instanceof SyntaxError ? 'does not hold JSON' : `cannot be read (${codeOf(error)})`
    problems.push(`${variable}: the file ${why}`)
  }
  return undefined
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
}

/** APIcast's words for yes and no. */
function checkSwitch(value: unknown, variable: string, problems: string[]): boolean | undefined {
  if (value === '1' || value === 'true') return true
  if (value === '0' || value === 'false') return false
  problems.push(`${variable} must be 1, true, 0 or false`)
  return undefined
}
