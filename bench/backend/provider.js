// @ts-check
/** The provider of all benchmarks: names of its service, applications, keys, metrics and mapping rules. */

export const SERVICE_ID = '2555417834780'
export const SERVICE_TOKEN = '3d4f8a52c1b7e6905f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4e5f60718'

/** Methods below `hits`, as the portal creates them. */
export const METHODS = Array.from({ length: 10 }, (_, index) => `method_${index}`)

/** Id of an application by its number. */
export const applicationId = (/** @type {number} */ application) => application.toString(16).padStart(8, '0')

/** A user key like 3scale's, 32 hex digits; its first 8 are the application's id. */
export const userKey = (/** @type {number} */ application, /** @type {number} */ key = 0) =>
  `${applicationId(application)}${key.toString(16).padStart(8, '0')}b5a1c9d0e2f34567`

/** One of the keys of an application with id and key. */
export const appKey = (/** @type {number} */ key) => `secret-${key}-9f86d081884c7d65`

/**
 * Mapping rules of an API with `count` resources. The one at `count / 2` is `/v1/words/{word}`, which the benchmark
 * applications serve.
 *
 * @param {number} count
 */
export function mappingRules(count) {
  return Array.from({ length: count }, (_, index) => ({
    method: 'GET',
    pattern: `${rulePath(count, index)}/{id}`,
    metric: METHODS[index % METHODS.length] ?? 'hits',
    delta: 1,
  }))
}

/**
 * Path of a request that matches one of `count` rules.
 *
 * @param {number} count
 * @param {number} rule
 * @param {number} item
 */
export const pathOf = (count, rule, item) => `${rulePath(count, rule % count)}/${item}`

/**
 * @param {number} count
 * @param {number} index
 */
function rulePath(count, index) {
  return index === count >> 1 ? '/v1/words' : `/v1/group-${index % 37}/resource-${index}`
}

/**
 * The first `count` limits of the plan; 1, 3 and 20 are measured.
 *
 * @param {number} count
 * @param {number} [max] value of each limit; the default is never reached
 * @returns {{ metric: string, period: 'minute' | 'hour' | 'day' | 'month' | 'year', max: number }[]}
 */
export function limits(count, max = 1_000_000_000_000) {
  if (count === 0) return []
  if (count === 1) return [{ metric: 'hits', period: 'day', max }]
  if (count === 3) {
    return [
      { metric: 'hits', period: 'month', max },
      { metric: 'hits', period: 'day', max },
      { metric: 'hits', period: 'minute', max },
    ]
  }
  const periods = /** @type {const} */ (['year', 'month', 'day', 'hour', 'minute'])
  return ['hits', ...METHODS].flatMap((metric) => periods.map((period) => ({ metric, period, max }))).slice(0, count)
}
