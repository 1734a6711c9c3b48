/** Answers one Service Management request. The usage to count is returned as a job, not counted. */
import { authorize, type Verdict } from '../backend/authorize.ts'
import { type ExtensionsReader, readExtensions } from '../backend/extensions.ts'
import { limitHeaders } from '../backend/limit-headers.ts'
import { readReport, type Transaction } from '../backend/report.ts'
import type { ReportJob } from '../backend/report-job.ts'
import { statusDocument } from '../backend/status-document.ts'
import { withoutZeros } from '../backend/usage.ts'
import type { Counters } from '../counting/counters.ts'
import { documentHeaders } from '../http/headers.ts'
import { type EmulatorRequest, type EmulatorResponse, headerOf } from '../http/message.ts'
import type { AuthorizeEndpoint, Endpoint } from '../http/routes.ts'
import type { Directory } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import type { Parameter, ParameterHash } from '../rack/parameter.ts'
import { type RequestParameters, readParameters } from '../rack/request-parameters.ts'
import { failureResponse } from './failure.ts'
import {
  fixedResponse,
  forbiddenResponse,
  internalResponse,
  notMappedResponse,
  unsupportedResponse,
} from './fixed-responses.ts'
import { isFromForeignPage } from './foreign-page.ts'

/** What an answer depends on besides the request. */
export interface Backend {
  readonly directory: Directory
  readonly counters: Counters
  readonly now: number
  readonly windows: Windows
}

export interface Answer {
  readonly response: EmulatorResponse
  /** The usage to count. */
  readonly job?: ReportJob
  readonly verdict?: Verdict
  /** Query and body together; absent when they cannot be read, or nothing depends on them. */
  readonly parameters?: ParameterHash | undefined
  /** Why there is no verdict. */
  readonly error?: unknown
}

/** Answers a request; no content of a request makes it throw. `query` and `body` are byte strings, see `readParameters`. */
export function answer(
  endpoint: Endpoint,
  request: EmulatorRequest,
  query: string,
  body: string | undefined,
  backend: Backend,
): Answer {
  if (endpoint.kind === 'unsupported') return { response: unsupportedResponse(request.method) }
  if (endpoint.kind === 'not-mapped') return { response: notMappedResponse(request.target) }
  if (endpoint.kind === 'internal') return { response: internalResponse }
  let parameters: RequestParameters | undefined
  const options = headerOf(request, '3scale-options')
  try {
    const contentType = headerOf(request, 'content-type')
    parameters = readParameters(request.method, query, contentType, body)
    const { all } = parameters
    const extensions = () => readExtensions(options, all)
    if (endpoint.kind === 'authorize') return answerAuthorize(endpoint, all, extensions, backend)
    if (endpoint.kind === 'status' && isFromForeignPage(request)) return { response: forbiddenResponse }
    if (endpoint.kind !== 'report') return { response: fixedResponse(endpoint.kind) }
    const { service, transactions, flatUsage } = readReport(contentType, all, extensions, backend.directory)
    return { response: accepted, parameters: all, job: { serviceId: service.id, transactions, flatUsage } }
  } catch (error) {
    const response = failureResponse(error, () => readExtensions(options, parameters!.query).noBody)
    return { response, parameters: parameters?.all, error }
  }
}

const accepted: EmulatorResponse = { status: 202, headers: documentHeaders, body: '' }

function answerAuthorize(
  { oauth, counts }: AuthorizeEndpoint,
  parameters: ParameterHash,
  readExtensions: ExtensionsReader,
  { now, windows, directory, counters }: Backend,
): Answer {
  const request = { parameters, extensions: readExtensions, oauth, counts, now, windows }
  const verdict = authorize(request, directory, counters)
  const { call, rejection } = verdict
  const { extensions } = call
  const headers: Record<string, string> = {}
  if (rejection && extensions.rejectionReasonHeader) headers['3scale-rejection-reason'] = rejection.code
  if (extensions.limitHeaders && (!rejection || rejection.code === 'limits_exceeded')) {
    const { remaining, reset, maxValue } = limitHeaders(call, !rejection)
    headers['3scale-limit-remaining'] = remaining
    headers['3scale-limit-reset'] = reset
    if (maxValue !== undefined) headers['3scale-limit-max-value'] = maxValue
  }
  // The common headers come last: adding to an object made by a spread costs microseconds in V8.
  Object.assign(headers, documentHeaders)
  const body = extensions.noBody ? '' : statusDocument(call, rejection)
  const response = { status: rejection ? 409 : 200, headers, body }
  const usage = counts && !rejection && call.usage ? withoutZeros(call.usage) : undefined
  if (!usage || usage.size === 0) return { response, verdict, parameters }
  const transaction: Transaction = new Map<string, Parameter>([
    ['app_id', call.applicationId],
    ['usage', new Map(usage)],
  ])
  const job = { serviceId: call.service.id, transactions: [transaction], flatUsage: extensions.flatUsage }
  return { response, verdict, parameters, job }
}
