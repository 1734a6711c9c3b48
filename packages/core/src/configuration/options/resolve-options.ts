/** Turns the given options into those that the gateway uses: checks everything and reports all problems at once. */

import { DEFAULTS } from '../../defaults.ts'
import { ConfigError } from '../../errors.ts'
import { patternHint } from '../../mapping/rule-pattern.ts'
import { CLOCK, type Clock, systemClock } from '../../primitives/clock.ts'
import type { RequestView } from '../../request/request-view.ts'
import { plainHttpWarning } from '../../validation/backend-url.ts'
import { checkTable, isRecord, kindOf } from '../../validation/checks.ts'
import type { GatewayOptions, RouteOptions } from './gateway-options.ts'
import { GROUPED_NAMES, OPTION_TABLE, ROUTE_TABLE } from './option-table.ts'
import type { ResolvedOptions, ResolvedRoute } from './resolved-options.ts'

type Given = Readonly<Record<string, unknown>>

/**
 * Checks the options of a gateway and fills in the defaults. Does not change the input; the result is frozen.
 *
 * @throws ConfigError with every problem, each beginning with the option's path; texts are never quoted.
 */
export function resolveOptions<View extends RequestView = RequestView>(
  options: GatewayOptions<View>,
): ResolvedOptions<View> {
  if (!isRecord(options)) throw new ConfigError([`options must be an object, not ${kindOf(options)}`])
  const problems: string[] = []
  const given = checkTable(options, OPTION_TABLE, '', problems, SUGGESTED_NAMES)
  problems.push(...combinationProblems(options, given))
  if (problems.length > 0) throw new ConfigError(problems)

  const isConfigured = CONFIGURATIONS.some((name) => given[name] !== undefined)
  const backendUrl = given.backendUrl ?? (isConfigured || given.client !== undefined ? undefined : DEFAULTS.backendUrl)
  const warning = typeof backendUrl === 'string' ? plainHttpWarning('backendUrl', backendUrl) : undefined
  return Object.freeze({
    serviceId: undefined,
    serviceToken: undefined,
    providerKey: undefined,
    dispatcher: undefined,
    client: undefined,
    proxyConfig: undefined,
    backendApi: undefined,
    fairnessKey: undefined,
    logger: undefined,
    closeOn: NO_SIGNALS,
    journal: undefined,
    store: undefined,
    mappingRules: undefined,
    skip: undefined,
    usageAfter: undefined,
    ...DEFAULTS,
    configFile: undefined,
    portal: undefined,
    // A store decides together with what each process remembers.
    cache: given.store === undefined ? false : DEFAULTS.cache,
    metrics: NO_METRICS,
    credentials: isConfigured ? undefined : { anonymous: undefined, ...DEFAULTS.credentials },
    usage: isConfigured || given.mappingRules !== undefined ? undefined : DEFAULTS.usage,
    ...given,
    backendUrl,
    clock: (options as { [CLOCK]?: Clock })[CLOCK] ?? systemClock,
    warnings: Object.freeze([
      ...(warning === undefined ? [] : [warning]),
      ...patternHints(given.mappingRules as GatewayOptions['mappingRules']),
      ...unusedNames(options.credentials),
    ]),
  }) as unknown as ResolvedOptions<View>
}

/**
 * Checks the options of one route. Absent ones are inherited from the gateway; `usage` and `mappingRules` replace each
 * other.
 *
 * @throws ConfigError, as `resolveOptions` does.
 */
export function resolveRoute<View extends RequestView = RequestView>(
  base: ResolvedRoute<View>,
  route: RouteOptions<View>,
): ResolvedRoute<View> {
  if (!isRecord(route)) throw new ConfigError([`route options must be an object, not ${kindOf(route)}`])
  const problems: string[] = []
  const given = checkTable(route, ROUTE_TABLE, '', problems)
  if (route.usage !== undefined && route.mappingRules !== undefined) problems.push(EXCLUDED_USAGE)
  if (problems.length > 0) throw new ConfigError(problems)
  const { usage, mappingRules, skip, usageAfter, onUnavailable } = base
  const inherited =
    given.usage !== undefined || given.mappingRules !== undefined
      ? { usage: undefined, mappingRules: undefined }
      : { usage, mappingRules }
  return Object.freeze({ ...inherited, skip, usageAfter, onUnavailable, ...given }) as ResolvedRoute<View>
}

/** What to say about patterns that look like those of a framework's router. */
function patternHints(rules: GatewayOptions['mappingRules'] = []): string[] {
  return rules.flatMap(({ pattern }, index) => {
    const hint = patternHint(pattern)
    return hint === undefined ? [] : [`mappingRules[${index}].pattern: ${hint}`]
  })
}

/** What to say about names that were given for the other kind of credentials. */
function unusedNames(credentials: unknown): string[] {
  if (!isRecord(credentials) || !isRecord(credentials.names)) return []
  const kind = credentials.kind ?? DEFAULTS.credentials.kind
  const used = kind === 'appId' ? ['appId', 'appKey'] : ['userKey']
  const unused = Object.entries(credentials.names).filter(
    ([name, value]) => value !== undefined && !used.includes(name),
  )
  if (unused.length === 0) return []
  const paths = unused.map(([name]) => `credentials.names.${name}`).join(' and ')
  return [`${paths} ${unused.length === 1 ? 'has' : 'have'} no effect, because credentials.kind is '${kind}'`]
}

/** Not the portal's token: a lone `token` is meant as ours at the backend. */
const SUGGESTED_NAMES = GROUPED_NAMES.filter((name) => name !== 'portal.token')
/** Options that say what the services are like. */
const CONFIGURATIONS = ['proxyConfig', 'configFile', 'portal'] as const
const NO_SIGNALS: readonly NodeJS.Signals[] = Object.freeze([])
const NO_METRICS = Object.freeze(Object.create(null))
const ONE_BACKEND =
  'backendApi and pathRouting exclude each other: mount paths that are not seen tell no products apart'
const EXCLUDED_USAGE = 'usage and mappingRules exclude each other; give one of them'

/** Problems of options that are right alone but not together. */
function combinationProblems(options: GatewayOptions<never>, given: Given): string[] {
  const problems: string[] = []
  const present = (name: keyof GatewayOptions) => options[name] !== undefined && options[name] !== null

  if (present('usage') && present('mappingRules')) problems.push(EXCLUDED_USAGE)
  if (present('client')) {
    for (const name of [
      'serviceToken',
      'providerKey',
      'backendUrl',
      'timeoutMs',
      'dispatcher',
      'connectionTtlMs',
    ] as const) {
      if (present(name)) problems.push(`${name} and client exclude each other; give it to the client`)
    }
  } else {
    problems.push(...providerCredentialProblems(present))
  }
  const cache = given.cache
  if (isRecord(cache) && Number(cache.staleMs) < Number(cache.ttlMs)) {
    problems.push(`cache.staleMs (${cache.staleMs}) must not be less than cache.ttlMs (${cache.ttlMs})`)
  }
  if (present('store')) {
    if (cache === false) problems.push('store needs what cache remembers; leave out cache: false, or the store')
    if (present('journal')) {
      problems.push('journal keeps the usage of one process, and store has that of all; give one of them')
    }
  }
  const configurations = CONFIGURATIONS.filter(present)
  if (configurations.length > 1) problems.push(`${configurations.join(' and ')} exclude each other; give one of them`)
  const isRouted = given.pathRouting !== undefined && given.pathRouting !== false
  if (configurations.length === 0) {
    if (isRouted) problems.push('pathRouting is for the products of a proxy configuration')
    if (present('backendApi')) problems.push('backendApi is for the products of a proxy configuration')
  }
  if (present('backendApi') && isRouted) problems.push(ONE_BACKEND)
  if (present('oidc') && (configurations.length === 0 || present('credentials'))) {
    problems.push(
      "oidc is for products of a proxy configuration; give its members to credentials, whose kind is 'oidc'",
    )
  }
  if (given.stripCredentials === true && typeof given.credentials === 'function') {
    problems.push('stripCredentials needs credentials to name locations; a function does not tell what it has read')
  }
  return problems
}

function providerCredentialProblems(present: (name: keyof GatewayOptions) => boolean): string[] {
  if (present('serviceToken') && present('providerKey')) {
    return ['serviceToken and providerKey exclude each other; give one of them']
  }
  if (CONFIGURATIONS.some(present)) return []
  const problems: string[] = []
  if (!present('serviceToken') && !present('providerKey')) {
    problems.push('serviceToken is missing (or providerKey); is an environment variable not set?')
  }
  if (!present('serviceId') && !present('providerKey')) {
    problems.push('serviceId is missing; only a providerKey, a proxyConfig, a portal or a client can do without')
  }
  return problems
}
