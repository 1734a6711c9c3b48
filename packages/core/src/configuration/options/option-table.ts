/** The check of each option by name; used by `resolveOptions` and `resolveRoute`. */

import { DEFAULTS } from '../../defaults.ts'
import { metricProblem, type Usage, usageOf, usageProblem } from '../../domain/usage.ts'
import { patternProblem } from '../../mapping/rule-pattern.ts'
import { MAX_TIMER_MS } from '../../primitives/clock.ts'
import { checkBackendUrl } from '../../validation/backend-url.ts'
import {
  callback,
  checkTable,
  choice,
  either,
  flag,
  group,
  havingMethods,
  isRecord,
  mustBe,
  type OptionTable,
  text,
  whole,
} from '../../validation/checks.ts'
import { checkDispatcher } from '../../validation/dispatcher.ts'
import { isRuleMethod, RULE_METHOD_PROBLEM } from '../../validation/rule-method.ts'
import { checkSignals } from './check-signals.ts'
import { CREDENTIALS_TABLE, checkCredentials } from './credentials-table.ts'
import { OIDC_TABLE } from './oidc-table.ts'
import { checkFile, checkPortal, PORTAL_TABLE } from './portal-table.ts'

/** The most entries that a V8 Map can hold. */
const MAX_ENTRIES = 16_777_216

const milliseconds = whole(1, MAX_TIMER_MS)
const entries = whole(1, MAX_ENTRIES)
const isFunction = (value: unknown): boolean => typeof value === 'function'

/** The options that both `with()` and a gateway accept. */
export const ROUTE_TABLE: OptionTable = {
  usage: either(isFunction, callback(), checkUsage),
  mappingRules: checkMappingRules,
  skip: callback(),
  usageAfter: callback(),
  onUnavailable: choice('deny', 'last-known', 'allow'),
}

const CACHE_TABLE: OptionTable = {
  ttlMs: milliseconds,
  staleMs: milliseconds,
  maxApplications: entries,
  maxDenials: entries,
  denialTtlMs: whole(0, MAX_TIMER_MS),
  maxWaiters: entries,
  settleMs: whole(0, MAX_TIMER_MS),
}

const REPORT_TABLE: OptionTable = {
  intervalMs: milliseconds,
  maxPending: whole(1, Number.MAX_SAFE_INTEGER),
  ambiguous: choice('give-up', 'count-again'),
  late: choice('re-stamp', 'give-up'),
}

const BREAKER_TABLE: OptionTable = { failures: whole(1, 1_000_000), openMs: milliseconds }

/** Every option of a gateway. */
export const OPTION_TABLE: OptionTable = {
  serviceId: text(),
  serviceToken: text(),
  providerKey: text(),
  backendUrl: checkBackendUrl,
  timeoutMs: milliseconds,
  dispatcher: checkDispatcher,
  connectionTtlMs: milliseconds,
  maxCalls: whole(1, 1_000_000),
  fairnessKey: callback(),
  client: havingMethods('a ThreeScaleClient', 'authrep', 'authorize', 'report', 'close'),
  proxyConfig: either(isRecord, (value) => value, mustBe('an object, as JSON.parse makes it')),
  pathRouting: choice(false, true, 'only'),
  backendApi: text(),
  configFile: checkFile,
  portal: checkPortal,
  credentials: either(isFunction, callback(), checkCredentials),
  oidc: group(OIDC_TABLE, DEFAULTS.oidc),
  stripCredentials: flag(),
  caseInsensitivePaths: flag(),
  responseCodes: flag(),
  referrer: either(isFunction, callback(), flag()),
  mode: choice('enforce', 'observe'),
  cache: either(
    (value) => typeof value === 'boolean',
    (value) => (value === true ? DEFAULTS.cache : false),
    group(CACHE_TABLE, DEFAULTS.cache),
  ),
  metrics: checkMetrics,
  report: group(REPORT_TABLE, DEFAULTS.report),
  journal: havingMethods('a journal, such as fileJournal of @threescale/journal makes', 'open'),
  store: havingMethods('a store, such as redisStore of @threescale/redis makes', 'open'),
  breaker: either(
    (value) => value === false,
    () => false,
    group(BREAKER_TABLE, DEFAULTS.breaker),
  ),
  rejection: choice('problem', 'text'),
  rateLimitHeaders: choice(false, 'denied', 'all'),
  legacyRateLimitHeaders: flag(),
  closeOn: checkSignals,
  logger: havingMethods('a logger in the shape of pino', 'debug', 'info', 'warn', 'error'),
  ...ROUTE_TABLE,
}

/** Paths of grouped options, to suggest the group of an option that was given outside of it. */
export const GROUPED_NAMES: readonly string[] = Object.entries({
  cache: CACHE_TABLE,
  report: REPORT_TABLE,
  credentials: CREDENTIALS_TABLE,
  oidc: OIDC_TABLE,
  portal: PORTAL_TABLE,
  breaker: BREAKER_TABLE,
}).flatMap(([name, table]) => Object.keys(table).map((member) => `${name}.${member}`))

function checkUsage(value: unknown, path: string, problems: string[]): Usage | undefined {
  const problem = usageProblem(value)
  if (problem === undefined) return usageOf(Object.entries(value as Usage))
  problems.push(`${path}: ${problem}`)
  return undefined
}

function checkMappingRules(value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value)) return mustBe('an array of mapping rules')(value, path, problems)
  return Object.freeze(value.map((rule, index) => checkMappingRule(rule, `${path}[${index}]`, problems)))
}

function checkMappingRule(rule: unknown, path: string, problems: string[]): unknown {
  if (!isRecord(rule)) return mustBe('a mapping rule { method, pattern, metric }')(rule, path, problems)
  const table: OptionTable = {
    method: checkMethod,
    pattern: checkPattern,
    metric: checkMetric,
    delta: whole(0, Number.MAX_SAFE_INTEGER),
    last: flag(),
  }
  for (const name of ['method', 'pattern', 'metric']) {
    if (rule[name] === undefined) problems.push(`${path}.${name} is missing`)
  }
  return Object.freeze({ delta: 1, last: false, ...checkTable(rule, table, path, problems) })
}

function checkMethod(value: unknown, path: string, problems: string[]): unknown {
  if (isRuleMethod(value)) return value
  problems.push(`${path} ${RULE_METHOD_PROBLEM}`)
  return undefined
}

function checkPattern(value: unknown, path: string, problems: string[]): unknown {
  if (typeof value !== 'string' || !value.startsWith('/')) {
    problems.push(`${path} must be a path that begins with /`)
    return undefined
  }
  const problem = patternProblem(value)
  if (problem !== undefined) problems.push(`${path} can match no request: ${problem}`)
  return value
}

function checkMetric(value: unknown, path: string, problems: string[]): unknown {
  if (typeof value !== 'string') return mustBe("a metric's system name")(value, path, problems)
  const problem = metricProblem(value)
  if (problem !== undefined) problems.push(`${path}: ${problem}`)
  return value
}

function checkMetrics(value: unknown, path: string, problems: string[]): unknown {
  if (!isRecord(value))
    return mustBe('an object of metric names, such as { search: { parent: "hits" } }')(value, path, problems)
  const metrics: Record<string, { readonly parent: string | undefined }> = Object.create(null)
  for (const [metric, facts] of Object.entries(value)) {
    const here = `${path}[${JSON.stringify(metric.slice(0, 64))}]`
    checkMetric(metric, here, problems)
    if (!isRecord(facts)) {
      mustBe('an object such as { parent: "hits" }')(facts, here, problems)
      continue
    }
    const { parent } = checkTable(facts, { parent: checkMetric }, here, problems)
    metrics[metric] = Object.freeze({ parent: parent as string | undefined })
  }
  for (const metric of Object.keys(metrics)) {
    if (isOwnAncestor(metric, metrics))
      problems.push(`${path}[${JSON.stringify(metric.slice(0, 64))}] is its own ancestor`)
  }
  return Object.freeze(metrics)
}

function isOwnAncestor(
  metric: string,
  metrics: Readonly<Record<string, { readonly parent: string | undefined }>>,
): boolean {
  const seen = new Set<string>()
  let ancestor = metrics[metric]?.parent
  while (ancestor !== undefined && !seen.has(ancestor)) {
    if (ancestor === metric) return true
    seen.add(ancestor)
    ancestor = metrics[ancestor]?.parent
  }
  return false
}
