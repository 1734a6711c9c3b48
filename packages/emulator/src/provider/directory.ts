/** The state compiled for lookups: services, applications and metrics by name, metrics with their relatives. */
import { storageKey } from '../ruby/storage-key.ts'
import { toInteger } from '../ruby/to-integer.ts'
import { type PeriodName, periodNames } from './period.ts'
import type { ApplicationState, EmulatorState, MetricState, ServiceState } from './state.ts'

export interface Metric {
  readonly name: string
  /** The key under which its usage is counted. */
  readonly counterKey: string
  /** The key under which its counters are read; another one if the id has white space. */
  readonly readKey: string
  /** The parent, the parent's parent and so on. */
  readonly ancestors: readonly Metric[]
  readonly children: readonly Metric[]
  /** Children first, then the descendants of each of them. */
  readonly descendants: readonly Metric[]
}

export interface Limit {
  readonly metric: Metric
  readonly period: PeriodName
  readonly value: bigint
}

export interface Plan {
  readonly name: string
  /** In the order of usage reports. */
  readonly limits: readonly Limit[]
  /** In the order of metric ids as text. */
  readonly limitsByTextOfId: readonly Limit[]
}

export interface Application {
  readonly id: string
  readonly active: boolean
  readonly plan: Plan
  readonly keys: ReadonlySet<string>
  readonly referrerFilters: readonly string[]
  readonly redirectUrl: string
}

export interface Service {
  readonly id: string
  readonly providerKey: string
  readonly tokens: ReadonlySet<string>
  readonly version: '1' | '2' | 'oauth'
  readonly referrerFiltersRequired: boolean
  readonly active: boolean
  readonly metrics: readonly Metric[]
  metric(name: string): Metric | undefined
  application(id: string): Application | undefined
  applicationIdOf(userKey: string): string | undefined
}

export interface Directory {
  service(id: string): Service | undefined
  defaultServiceOf(providerKey: string): Service | undefined
  readonly services: readonly Service[]
}

const noPlan: Plan = { name: '', limits: [], limitsByTextOfId: [] }

/** Compiles a valid state. */
export function createDirectory(state: EmulatorState): Directory {
  const services = new Map<string, Service>()
  const defaults = new Map<string, Service>()
  for (const given of state.services) {
    const service = compileService(given)
    const provider = storageKey(service.providerKey)
    services.set(storageKey(service.id), service)
    const before = defaults.get(provider)
    const isDefault = given.default_service ?? before === undefined
    // The backend compares the ids as numbers: without digits in front they are 0, as is the id of no service.
    if (isDefault && toInteger(service.id) !== toInteger(before?.id ?? '')) defaults.set(provider, service)
  }
  for (const given of state.services)
    if (given.remove_default) defaults.delete(storageKey(given.provider_key ?? defaultProviderKey))
  return {
    services: [...services.values()],
    service: (id) => services.get(storageKey(id)),
    defaultServiceOf: (providerKey) => defaults.get(storageKey(providerKey)),
  }
}

function compileService(given: ServiceState): Service {
  const metrics = compileMetrics(given.metrics ?? [])
  const byText = [...metrics]
  // Without ids the order of definition stays, as if ids of one length had been given in that order.
  if (given.metrics?.every(({ id }) => id !== undefined)) {
    byText.sort(([, a], [, b]) => (a.counterKey < b.counterKey ? -1 : 1))
  }
  const plans = new Map(
    (given.plans ?? []).map((plan) => [plan.id, compilePlan(plan.name, plan.limits ?? [], metrics, byText)]),
  )
  const applications = new Map<string, Application>()
  const idsByKey = new Map<string, string>()
  for (const application of given.applications ?? []) {
    applications.set(storageKey(application.id), compileApplication(application, plans))
    for (const key of application.user_keys ?? []) idsByKey.set(storageKey(key), application.id)
  }
  return {
    id: given.id,
    providerKey: given.provider_key ?? defaultProviderKey,
    tokens: new Set((given.service_tokens ?? []).map(storageKey)),
    version: given.backend_version ?? '2',
    referrerFiltersRequired: given.referrer_filters_required ?? false,
    active: given.state !== 'suspended',
    metrics: [...metrics.values()],
    metric: (name) => metrics.get(storageKey(name)),
    application: (id) => applications.get(storageKey(id)),
    applicationIdOf: (userKey) => idsByKey.get(storageKey(userKey)),
  }
}

/** The provider key of services without one. */
export const defaultProviderKey = 'provider-key'

interface MutableMetric extends Metric {
  ancestors: Metric[]
  children: MutableMetric[]
  descendants: Metric[]
}

function compileMetrics(given: readonly MetricState[]): Map<string, MutableMetric> {
  const metrics = new Map<string, MutableMetric>()
  const sorted = inOrder(given, (metric) => metric.id)
  for (const { id, name } of sorted) {
    const counterKey = id ?? `name:${storageKey(name)}`
    const readKey = storageKey(counterKey)
    metrics.set(storageKey(name), { name, counterKey, readKey, ancestors: [], children: [], descendants: [] })
  }
  const parents = new Map(given.map(({ name, parent }) => [storageKey(name), parent]))
  const parentOf = (name: string) => {
    const parent = parents.get(storageKey(name))
    return parent == null ? undefined : metrics.get(storageKey(parent))
  }
  for (const metric of metrics.values()) {
    parentOf(metric.name)?.children.push(metric)
    for (let at = parentOf(metric.name); at; at = parentOf(at.name)) metric.ancestors.push(at)
  }
  const descend = (metric: MutableMetric): Metric[] => [...metric.children, ...metric.children.flatMap(descend)]
  for (const metric of metrics.values()) metric.descendants = descend(metric)
  return metrics
}

/** Redis returns a set of integers sorted and any other set unordered; the latter keeps its order of definition. */
function inOrder<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined): Item[] {
  const isInteger = (item: Item) => /^(?:0|[1-9]\d{0,17})$/.test(keyOf(item) ?? '')
  if (!items.every(isInteger)) return [...items]
  return [...items].sort((a, b) => Number(BigInt(keyOf(a)!) - BigInt(keyOf(b)!)))
}

function compilePlan(
  name: string | null | undefined,
  given: readonly { metric: string; period: PeriodName; value: number }[],
  metrics: Iterable<readonly [string, Metric]>,
  metricsByText: Iterable<readonly [string, Metric]>,
): Plan {
  const values = new Map(given.map((limit) => [`${limit.period} ${storageKey(limit.metric)}`, BigInt(limit.value)]))
  const limitsOf = (ordered: Iterable<readonly [string, Metric]>) =>
    [...ordered].flatMap(([key, metric]) =>
      periodNames.flatMap((period): Limit[] => {
        const value = values.get(`${period} ${key}`)
        return value === undefined ? [] : [{ metric, period, value }]
      }),
    )
  return { name: name ?? '', limits: limitsOf(metrics), limitsByTextOfId: limitsOf(metricsByText) }
}

function compileApplication(given: ApplicationState, plans: ReadonlyMap<string, Plan>): Application {
  return {
    id: given.id,
    active: given.state !== 'suspended',
    plan: (given.plan == null ? undefined : plans.get(given.plan)) ?? noPlan,
    keys: new Set(inOrder(given.application_keys ?? [], (key) => key)),
    referrerFilters: given.referrer_filters ?? [],
    redirectUrl: given.redirect_url ?? '',
  }
}
