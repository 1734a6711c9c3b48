/** The emulated provider without a server: state, counters, waiting jobs and the log of calls. */
import { BackendError, CrashError } from '../backend/errors.ts'
import { type ReportJob, runReportJob } from '../backend/report-job.ts'
import type { SettableClock } from '../clock.ts'
import { Counters } from '../counting/counters.ts'
import { JobQueue } from '../counting/job-queue.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { RequestTarget } from '../http/request-target.ts'
import { type EndpointName, endpointName, route } from '../http/routes.ts'
import { createDirectory, type Directory } from '../provider/directory.ts'
import { createWindowCache } from '../provider/period.ts'
import type { EmulatorState } from '../provider/state.ts'
import { validateState } from '../provider/validate-state.ts'
import { type Answer, answer } from './answer.ts'
import { type CallFacts, CallLog } from './call-log.ts'
import { keepParameters } from './shown-parameters.ts'
import { type UsageHistory, usageHistory } from './usage-history.ts'
import { snapshotUsage, type UsageSnapshot } from './usage-snapshot.ts'

interface LoggedJob extends ReportJob {
  readonly callId: number
}

/** How faults change the handling of a call. */
export interface CallOptions {
  /** False: the answer is the same, but nothing is counted. Default true. */
  readonly counted?: boolean
  /** Kinds of faults that hit the call, for the log. */
  readonly faults?: readonly string[]
}

/** Answers calls and keeps the state that they change. */
export class ServiceManagement {
  readonly calls: CallLog = new CallLog()
  readonly #clock: SettableClock
  readonly #reportDelayMs: number
  readonly #windowsAt = createWindowCache()
  readonly #windowsOfJob = createWindowCache()
  readonly #counters = new Counters()
  readonly #jobs: JobQueue<LoggedJob>
  #state: EmulatorState
  #directory: Directory

  /** @throws InvalidDocumentError */
  constructor(state: EmulatorState, clock: SettableClock, reportDelayMs: number) {
    this.#state = structuredClone(validateState(state))
    this.#directory = createDirectory(this.#state)
    this.#clock = clock
    this.#reportDelayMs = reportDelayMs
    this.#jobs = new JobQueue((job, at) => {
      const failure = runReportJob(job, this.#directory, this.#counters, at, this.#windowsOfJob)
      if (failure) this.calls.drop(job.callId, failure)
    })
  }

  /** Answers a request; its body is a byte string, undefined if it has none and tells no length. */
  handle(
    request: EmulatorRequest,
    target: RequestTarget,
    body: string | undefined,
    options: CallOptions = {},
  ): EmulatorResponse {
    const now = this.#clock.now()
    this.#jobs.runDue(now)
    const endpoint = route(request.method, target.path)
    const answered = answer(endpoint, request, target.query, body, {
      directory: this.#directory,
      counters: this.#counters,
      now,
      windows: this.#windowsAt(now),
    })
    const name = endpointName(endpoint)
    if (name) {
      const callId = this.calls.add({
        ...factsOf(name, now, answered, options.faults),
        parameters:
          answered.parameters && keepParameters(answered.parameters, target.query.length + (body?.length ?? 0)),
      })
      const { job } = answered
      if (job && job.transactions.length > 0 && options.counted !== false) {
        this.#jobs.add({ callId, ...job }, now, this.#reportDelayMs)
      }
    }
    return answered.response
  }

  state(): EmulatorState {
    return structuredClone(this.#state)
  }

  /** Replaces the state and clears counters and waiting jobs. @throws InvalidDocumentError */
  setState(state: EmulatorState): void {
    this.#replaceState(state)
    this.#counters.clear()
    this.#jobs.clear()
  }

  /** Replaces the state, keeping counters of applications and metrics that still exist. @throws InvalidDocumentError */
  updateState(state: EmulatorState): void {
    this.#replaceState(state)
    this.#counters.keep((service, application) => {
      const found = this.#directory.service(service)
      if (!found?.application(application)) return undefined
      return new Set(found.metrics.map(({ counterKey }) => counterKey))
    })
  }

  #replaceState(state: EmulatorState): void {
    const valid = structuredClone(validateState(state))
    this.#jobs.runDue(this.#clock.now())
    this.#state = valid
    this.#directory = createDirectory(valid)
  }

  usage(): UsageSnapshot {
    const now = this.#clock.now()
    this.#jobs.runDue(now)
    return snapshotUsage(this.#state, this.#directory, this.#counters, this.#windowsAt(now))
  }

  history(): UsageHistory {
    const now = this.#clock.now()
    this.#jobs.runDue(now)
    return usageHistory(this.#state, this.#directory, this.#counters, now)
  }

  /** Runs the jobs that are due, or all of them as of now. Returns the number of jobs still waiting. */
  runJobs(all: boolean): number {
    if (all) this.#jobs.runAll(this.#clock.now())
    else this.#jobs.runDue(this.#clock.now())
    return this.#jobs.size
  }
}

function factsOf(
  endpoint: EndpointName,
  at: number,
  { response, verdict, error, job }: Answer,
  faults: readonly string[] | undefined,
): CallFacts {
  const { status } = response
  if (verdict) {
    const { call, rejection } = verdict
    return {
      at,
      endpoint,
      status,
      faults,
      authorized: rejection === undefined,
      code: rejection?.code,
      reason: rejection?.reason,
      service: call.service.id,
      application: call.applicationId,
      usage: call.usage,
    }
  }
  if (error === undefined) {
    return { at, endpoint, status, faults, service: job?.serviceId, transactions: job?.transactions.length }
  }
  const code = error instanceof BackendError ? error.code : error instanceof CrashError ? 'crash' : 'unreadable'
  return { at, endpoint, status, faults, code, reason: (error as Error).message }
}
