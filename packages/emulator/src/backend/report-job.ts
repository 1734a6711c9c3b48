/** The job behind reports and authreps: checks a whole batch, then counts all of it or drops all of it. */
import type { Amount } from '../counting/amount.ts'
import type { Counters } from '../counting/counters.ts'
import type { Directory, Metric, Service } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import { lookupKey, type Parameter, rubyText } from '../rack/parameter.ts'
import { parseTimestamp } from '../ruby/timestamp.ts'
import { BackendError, errors } from './errors.ts'
import type { Transaction } from './report.ts'
import { processUsage } from './usage.ts'

export interface ReportJob {
  readonly serviceId: string
  readonly transactions: readonly Transaction[]
  readonly flatUsage: boolean
}

/** Why a batch was not counted, or only in part. */
export interface JobFailure {
  /** The backend's code, or `job_failed` where the real job crashes. */
  readonly code: string
  readonly message: string
}

const maxPastMs = 86_400_000
const maxFutureMs = 3_600_000

/**
 * Runs a job at `now`, epoch milliseconds; `windowsOf` gives the windows of an instant.
 * Returns why the job failed, or undefined.
 */
export function runReportJob(
  job: ReportJob,
  directory: Directory,
  counters: Counters,
  now: number,
  windowsOf: (at: number) => Windows,
): JobFailure | undefined {
  try {
    const service = directory.service(job.serviceId)
    if (!service) return { code: 'job_failed', message: 'the service no longer exists' }
    const entries = judge(job, service, now)
    let complete = true
    for (const { application, usage, at } of entries) {
      const counted = counters.writtenOf(service.id, application)
      const windows = windowsOf(at)
      for (const [metric, amount] of usage) {
        complete = counted.apply(metric.counterKey, amount, windows) && complete
      }
    }
    return complete ? undefined : { code: 'job_failed', message: 'a counter would exceed 64 bits' }
  } catch (error) {
    if (error instanceof BackendError) return { code: error.code, message: error.message }
    if (error instanceof BrokenTransactionError) return { code: 'job_failed', message: error.message }
    throw error
  }
}

class BrokenTransactionError extends Error {}

interface Entry {
  readonly application: string
  readonly usage: ReadonlyMap<Metric, Amount>
  readonly at: number
}

/** Checks in the backend's order: all applications, then usages grouped by application, then timestamps. */
function judge({ transactions, flatUsage }: ReportJob, service: Service, now: number): Entry[] {
  const byApplication = new Map<string, Transaction[]>()
  for (const transaction of transactions) {
    const id = applicationOf(transaction, service)
    const group = byApplication.get(id)
    if (group) group.push(transaction)
    else byApplication.set(id, [transaction])
  }
  const entries: Entry[] = []
  for (const [application, group] of byApplication) {
    for (const transaction of group) {
      const usage = transaction.get('usage')
      if (usage == null) continue
      const at = instantOf(transaction) ?? now
      entries.push({ application, usage: processUsage(service, usageHash(usage), flatUsage), at })
    }
  }
  // The backend drops the fraction of its clock.
  const second = Math.floor(now / 1000) * 1000
  for (const { at } of entries) {
    if (at < second - maxPastMs) throw errors.transactionTimestampTooOld()
    if (at > second + maxFutureMs) throw errors.transactionTimestampTooNew()
  }
  return entries
}

/** Ruby refuses to parse a longer text as a date, which crashes the job. */
const maxTimestampLength = 128

function instantOf(transaction: Transaction): number | undefined {
  const text = rubyText(transaction.get('timestamp'))
  if (text.length > maxTimestampLength) throw new BrokenTransactionError('timestamp is longer than 128 characters')
  return parseTimestamp(text)
}

/** The id to count under. Like the backend, it counts an array that matches an application under an id never read. */
function applicationOf(transaction: Transaction, service: Service): string {
  const id = transaction.get('app_id')
  const userKey = transaction.get('user_key')
  if (id != null && userKey != null) throw errors.authenticationError()
  if (id != null) {
    const key = lookupKey(id)
    if (key !== undefined && service.application(key)) return rubyText(id)
    if (typeof id !== 'string') throw new BrokenTransactionError('app_id is not a string')
    throw errors.applicationNotFound(id)
  }
  if (userKey == null) throw errors.applicationNotFound()
  const found = service.applicationIdOf(lookupKey(userKey) ?? '')
  if (found !== undefined) return found
  if (typeof userKey !== 'string') throw new BrokenTransactionError('user_key is not a string')
  throw errors.userKeyInvalid(userKey)
}

/** An array is read as a list of metric names without values. */
function usageHash(usage: Parameter): ReadonlyMap<string, Parameter> {
  if (usage instanceof Map) return usage
  const names = Array.isArray(usage) ? usage : []
  if (names.some((name) => typeof name !== 'string')) throw new BrokenTransactionError('a metric name is not a string')
  return new Map(names.map((name) => [name as string, null]))
}
