/** Options of a gateway from environment variables: those of APIcast that mean the same here, and those of proxies. */
import { readFileSync } from 'node:fs'
import { createProxyDispatcher } from '../../client/transport/proxy-dispatcher.ts'
import { ConfigError } from '../../errors.ts'
import { checkBackendUrl } from '../../validation/backend-url.ts'
import { type Check, isRecord, text } from '../../validation/checks.ts'
import type { GatewayOptions } from './gateway-options.ts'

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Each variable with the option that it sets. */
const VARIABLES: readonly (readonly [variable: string, option: keyof GatewayOptions, check: Check])[] = [
  ['THREESCALE_SERVICE_ID', 'serviceId', text()],
  ['THREESCALE_SERVICE_TOKEN', 'serviceToken', text()],
  ['THREESCALE_PROVIDER_KEY', 'providerKey', text()],
  ['THREESCALE_BACKEND_URL', 'backendUrl', checkBackendUrl],
  ['BACKEND_ENDPOINT_OVERRIDE', 'backendUrl', checkBackendUrl],
  ['THREESCALE_CONFIG_FILE', 'proxyConfig', readConfigFile],
  ['APICAST_RESPONSE_CODES', 'responseCodes', checkSwitch],
]

/** Variables that say which services are served. Ignoring one could serve others than were meant. */
const UNSUPPORTED: readonly string[] = [
  'THREESCALE_PORTAL_ENDPOINT',
  'APICAST_CONFIGURATION',
  'APICAST_SERVICES_LIST',
  'APICAST_SERVICES',
  'APICAST_SERVICES_FILTER_BY_URL',
]

/**
 * Reads THREESCALE_SERVICE_ID, THREESCALE_SERVICE_TOKEN, THREESCALE_PROVIDER_KEY, THREESCALE_BACKEND_URL or
 * BACKEND_ENDPOINT_OVERRIDE, THREESCALE_CONFIG_FILE and APICAST_RESPONSE_CODES. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and
 * NO_PROXY, in small letters or capitals, become a `dispatcher`. An empty variable counts as absent.
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
  for (const variable of UNSUPPORTED) {
    if ((env[variable] ?? '') !== '') {
      problems.push(`${variable} is not supported; give the service by THREESCALE_SERVICE_ID or THREESCALE_CONFIG_FILE`)
    }
  }
  const proxies = proxiesOf(env, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  if (proxies.http !== undefined || proxies.https !== undefined) options.dispatcher = createProxyDispatcher(proxies)
  return options as GatewayOptions
}

function proxiesOf(env: Environment, problems: string[]): Parameters<typeof createProxyDispatcher>[0] {
  const all = proxyOf(env, 'all_proxy', problems)
  const except = lowerCaseFirst(env, 'no_proxy')?.value
  return {
    http: proxyOf(env, 'http_proxy', problems) ?? all,
    https: proxyOf(env, 'https_proxy', problems) ?? all,
    // A star among other names means all hosts, too.
    except: except?.split(/[,\s]/).includes('*') ? '*' : except,
  }
}

function proxyOf(env: Environment, name: string, problems: string[]): string | undefined {
  const found = lowerCaseFirst(env, name)
  if (found === undefined) return undefined
  const { variable, value } = found
  const url = URL.canParse(value) ? new URL(value) : undefined
  // The value is not shown, because it may contain a password.
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    problems.push(`${variable} must be an http or https URL such as http://proxy.example:3128`)
  } else if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    problems.push(`${variable} must be a proxy's URL without a path`)
  } else if ((url.username === '') !== (url.password === '') || !isDecodable(url.username + url.password)) {
    problems.push(`${variable} must have a user name and a password, percent-encoded, or neither`)
  } else return value
  return undefined
}

function isDecodable(escaped: string): boolean {
  try {
    decodeURIComponent(escaped)
    return true
  } catch {
    return false
  }
}

function lowerCaseFirst(env: Environment, name: string): { variable: string; value: string } | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable]
    if (value !== undefined && value !== '') return { variable, value }
  }
  return undefined
}

function readConfigFile(path: unknown, variable: string, problems: string[]): object | undefined {
  let document: unknown
  try {
    document = JSON.parse(readFileSync(String(path), 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'does not hold JSON' : `cannot be read (${codeOf(error)})`
    problems.push(`${variable}: the file ${why}`)
    return undefined
  }
  if (isRecord(document)) return document
  problems.push(`${variable}: the file does not hold a 3scale configuration`)
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
