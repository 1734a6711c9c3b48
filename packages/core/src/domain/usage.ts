/** Usage: how much of which metrics a call uses. Checks usage; counts nothing. */

/** Amounts by the metric's system name; whole numbers from 0 to 2^53 - 1. */
export type Usage = Readonly<Record<string, number>>

/** Amounts by metric; `'#5'` sets a metric to 5 instead of adding. */
export type SetUsage = Readonly<Record<string, number | `#${number}`>>

/**
 * A usage in arrays, so that the hot path neither enumerates keys nor allocates. Mapping gives equal usages one object,
 * because the ledger stores what it knows about a usage by the identity of this object.
 */
export interface UsageShape {
  readonly usage: Usage
  /** Metric names in the order of `usage`. */
  readonly metrics: readonly string[]
  /** Amounts, parallel to `metrics`. */
  readonly amounts: readonly number[]
}

/**
 * Makes the shape of a usage. Amounts of 0 stay: they are authorized without being counted.
 *
 * @throws RangeError with the sentence of `usageProblem` if the value is not a usage.
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

/** Makes a frozen usage without a prototype, so that a metric may be called `__proto__`. */
export function usageOf(entries: Iterable<readonly [metric: string, amount: number]>): Usage {
  const usage: Record<string, number> = Object.create(null)
  for (const [metric, amount] of entries) usage[metric] = amount
  return Object.freeze(usage)
}

/** Says in one sentence why a value is not a usage; undefined if it is one. An empty object is one. */
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
 * Says why a name cannot be a metric's; undefined if it can. Brackets are refused because the backend's parameter
 * parser splits on them, even percent-encoded ones (rack 2.2, nested parameters). Blanks at the ends are refused
 * because the backend counts under the trimmed name but answers as if the metric had not been used.
 */
export function metricProblem(metric: string): string | undefined {
  if (metric === '') return 'a metric name is empty'
  if (/[[\]]/.test(metric)) return `the metric name ${JSON.stringify(metric)} contains a bracket`
  if (metric !== metric.trim()) return `the metric name ${JSON.stringify(metric)} begins or ends with a blank`
  if (!metric.isWellFormed()) return `the metric name ${JSON.stringify(metric)} is not valid Unicode`
  return undefined
}

/** Whether a value is an amount that can be sent: a whole number from 0 to 2^53 - 1, or one behind a `#`. */
export function isAmount(value: unknown): value is SetUsage[string] {
  const number = typeof value === 'string' && /^#\d{1,16}$/.test(value) ? Number(value.slice(1)) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
}
