/** The usage in parameters: checks values and adds them to parent metrics. */
import { type Amount, amountOf } from '../counting/amount.ts'
import type { Metric, Service } from '../provider/directory.ts'
import type { Parameter } from '../rack/parameter.ts'
import { strip } from '../ruby/strip.ts'
import { errors } from './errors.ts'

/** The hash of a `usage` parameter: metric names, not yet trimmed, with their values. */
export type RawUsage = ReadonlyMap<string, Parameter>

const saneValue = /^[ \t\r\n\f\v]*#?[0-9]+[ \t\r\n\f\v]*$/

/**
 * Resolves metric names and, unless `flat`, adds each value to the metric's ancestors.
 * @throws BackendError usage_value_invalid or metric_invalid for the first bad entry; its value is checked first.
 */
export function processUsage(service: Service, usage: RawUsage, flat: boolean): Map<Metric, Amount> {
  const given = new Map<Metric, Amount>()
  for (const [rawName, value] of usage) {
    const name = strip(rawName)
    if (typeof value !== 'string' || !saneValue.test(value)) throw errors.usageValueInvalid(name, value)
    const metric = service.metric(name)
    if (!metric) throw errors.metricInvalid(name)
    given.set(metric, amountOf(value))
  }
  return flat ? given : withAncestors(given)
}

function withAncestors(given: ReadonlyMap<Metric, Amount>): Map<Metric, Amount> {
  const result = new Map(given)
  for (const [metric, amount] of given) {
    for (const ancestor of metric.ancestors) {
      if (amount.set) {
        result.set(ancestor, amount)
      } else {
        // A `#n` that the ancestor had is lost: the backend converts it with to_i, which gives 0.
        const before = result.get(ancestor)
        result.set(ancestor, { set: false, value: (before && !before.set ? before.value : 0n) + amount.value })
      }
    }
  }
  return result
}

/** The usage without entries that change nothing; the backend does not report those. */
export function withoutZeros(usage: RawUsage): RawUsage {
  for (const value of usage.values()) {
    if (value === '0') return new Map([...usage].filter(([, each]) => each !== '0'))
  }
  return usage
}
