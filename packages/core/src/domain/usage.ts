/** Usage: how much of which metrics a call uses. Checks it; counts nothing. */

/** Amount by metric system name; whole numbers from 0 to 2^53 - 1. */
export type Usage = Readonly<Record<string, number>>

/** Amounts by metric; `'#5'` sets a metric to 5 instead of adding. */
export type SetUsage = Readonly<Record<string, number | `#${number}`>>

/**
 * A usage taken apart once, so that the hot path neither enumerates keys nor allocates. Mapping makes one for each set
 * of rules that can match; the ledger hangs what it knows about a usage on the identity of this object.
 */
export interface UsageShape {
  readonly usage: Usage
  /** Metric names in the order of `usage`. */
  readonly metrics: readonly string[]
  /** Amounts, parallel to `metrics`. */
  readonly amounts: readonly number[]
}

/**
 * Takes a checked usage apart. Amounts of 0 stay: they ask without counting.
 *
 * @throws RangeError with the sentence of `usageProblem` when the usage is not one.
 */
export function createUsageShape(usage: Usage): UsageShape {
  const problem = usageProblem(usage)
  if (problem !== undefined) throw new RangeError(problem)
  const entries = Object.entries(usage)
  return Object.freeze({
    usage: usageOf(entries),
    metrics: Object.freeze(entries.map(([metric]) => metric)),
    amounts: Object.freeze(entries.map(([, amount]) => amount)),
  })
}

/** A frozen usage without a prototype, so that a metric called `__proto__` is a metric. */
export function usageOf(entries: Iterable<readonly [metric: string, amount: number]>): Usage {
  const usage: Record<string, number> = Object.create(null)
  for (const [metric, amount] of entries) usage[metric] = amount
  return Object.freeze(usage)
}

/** Says in one sentence why a value is no usage; undefined when it is one. An empty one is. */
export function usageProblem(usage: unknown): string | undefined {
  if (typeof usage !== 'object' || usage === null || Array.isArray(usage))
    return 'a usage is an object of metric names and amounts'
  for (const [metric, amount] of Object.entries(usage)) {
    const problem = metricProblem(metric)
    if (problem !== undefined) return problem
    if (!Number.isSafeInteger(amount) || amount < 0 || Object.is(amount, -0)) {
      return `the usage of metric ${JSON.stringify(metric)} is not a whole number from 0 to 2^53 - 1`
    }
  }
  return undefined
}

/**
 * Says why a name cannot be a metric's; undefined when it can. Brackets are refused because the backend's parameter
 * parser splits on them even when they are percent-encoded (rack 2.2, nested parameters), blanks at the ends because
 * the backend counts them under the trimmed name but answers as if the metric had not been used.
 */
export function metricProblem(metric: string): string | undefined {
  if (metric === '') return 'a metric name is empty'
  if (/[[\]]/.test(metric)) return `the metric name ${JSON.stringify(metric)} contains a bracket`
  if (metric !== metric.trim()) return `the metric name ${JSON.stringify(metric)} begins or ends with a blank`
  if (!metric.isWellFormed()) return `the metric name ${JSON.stringify(metric)} is not valid Unicode`
  return undefined
}
