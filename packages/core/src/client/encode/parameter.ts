/** Encodes names and values of parameters for the backend's parser (Rack). */
import { isAmount, metricProblem, type SetUsage } from '../../domain/usage.ts'
import { isRecord, kindOf } from '../../validation/checks.ts'

/**
 * Writes `before` + metric + `after` + amount for every metric.
 *
 * @param path path of the usage, for problems.
 */
export function encodeUsage(usage: SetUsage, before: string, after: string, path: string, problems: string[]): string {
  if (!isRecord(usage)) {
    problems.push(`${path} must be an object of metric names and amounts`)
    return ''
  }
  let query = ''
  for (const metric of Object.keys(usage)) {
    const amount = usage[metric]
    const problem = metricProblem(metric) ?? amountProblem(metric, amount)
    if (problem === undefined) query += `${before}${encodeURIComponent(metric)}${after}${amountText(amount!)}`
    else problems.push(`${path}: ${problem}`)
  }
  return query
}

/** Writes `before` + name + `after` + value for every member. */
export function encodeLog(
  log: Readonly<Record<string, string | number>>,
  before: string,
  after: string,
  path: string,
  problems: string[],
): string {
  if (!isRecord(log)) {
    problems.push(`${path} must be an object such as { code: 200 }, not ${kindOf(log)}`)
    return ''
  }
  let query = ''
  for (const name of Object.keys(log)) {
    if (!isParameterName(name)) problems.push(`${path} has a member whose name cannot be sent`)
    else query += `${before}${encodeURIComponent(name)}${after}${encode(log[name], `${path}.${name}`, problems)}`
  }
  return query
}

/** Encodes a text or a finite number. Problems name the path, never the value. */
export function encode(value: unknown, path: string, problems: string[]): string {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return encodeURIComponent(value)
    problems.push(`${path} is not valid Unicode`)
  } else if (typeof value === 'number' && Number.isFinite(value)) {
    return String(value)
  } else {
    problems.push(`${path} must be a string`)
  }
  return ''
}

/** Whether a name can be sent. The backend's parser splits names on brackets, even percent-encoded ones (rack 2.2). */
export function isParameterName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[[\]]/.test(name)
}

function amountProblem(metric: string, amount: unknown): string | undefined {
  if (isAmount(amount)) return undefined
  return `the usage of metric ${JSON.stringify(metric)} is neither a whole number from 0 to 2^53 - 1 nor one behind a #`
}

function amountText(amount: number | string): string {
  return typeof amount === 'number' ? String(amount) : `%23${amount.slice(1)}`
}
