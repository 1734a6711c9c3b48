/** One Service Management request from bytes to answer. */
import { authorize, type Verdict } from '../backend/authorize.ts'
import type { Directory } from '../backend/directory.ts'
import { type Extensions, readExtensions } from '../backend/extensions.ts'
import { limitHeaders } from '../backend/limit-headers.ts'
import type { Windows } from '../backend/period.ts'
import { readReport, type Transaction } from '../backend/report.ts'
import { statusDocument } from '../backend/status-document.ts'
import { withoutZeros } from '../backend/usage.ts'
import type { Counters } from '../counting/counters.ts'
import type { ReportJob } from '../counting/report-job.ts'
import type { Parameter, ParameterHash } from '../rack/parameter.ts'
import { type RequestParameters, readParameters } from '../rack/request-parameters.ts'
import { failureResponse } from './failure.ts'
import { documentHeaders, notFoundHeaders, plainHeaders, preflightHeaders } from './headers.ts'
import { type EmulatorRequest, type EmulatorResponse, headerOf } from './message.ts'
import type { AuthorizeEndpoint, Endpoint } from './routes.ts'

/** What answering needs of the emulator. */
export interface Backend {
  readonly directory: Directory
  readonly counters: Counters
  readonly now: number
  readonly windows: Windows
  /** Hands over what is to be counted. */
  enqueue(job: ReportJob): void
  /** Told about the verdict or failure of every call of a Service Management endpoint. */
  observe?(observation: Observation): void
}

/** What a call was about, for the log of calls. */
export interface Observation {
  readonly parameters?: ParameterHash
  readonly verdict?: Verdict
  readonly error?: unknown
}

/** Answers; never throws for anything a request can hold. `query` and the body are byte strings. */
export function answer(
  endpoint: Endpoint,
  request: EmulatorRequest,
  query: string,
  body: string,
  backend: Backend,
): EmulatorResponse {
  if (endpoint.kind === 'not-mapped') return notMapped(request.target)
  if (endpoint.kind === 'internal') return internal
  let parameters: RequestParameters | undefined
  const options = headerOf(request, '3scale-options')
  try {
    const contentType = headerOf(request, 'content-type')
    parameters = readParameters(request.method, query, contentType, body)
    if (endpoint.kind === 'authorize') {
      return authorizeResponse(endpoint, parameters.all, readExtensions(options, parameters.all), backend)
    }
    if (endpoint.kind !== 'report') return fixed(endpoint.kind)
    const report = readReport(contentType, parameters.all, backend.directory)
    const { flatUsage } = readExtensions(options, parameters.all)
    backend.observe?.({ parameters: parameters.all })
    if (report.transactions.length > 0) {
      backend.enqueue({ serviceId: report.service.id, transactions: report.transactions, flatUsage })
    }
    return accepted
  } catch (error) {
    backend.observe?.({ ...(parameters && { parameters: parameters.all }), error })
    return failureResponse(error, () => readExtensions(options, parameters!.query).noBody)
  }
}

const accepted: EmulatorResponse = { status: 202, headers: documentHeaders, body: '' }
const internal: EmulatorResponse = {
  status: 401,
  headers: { 'content-type': 'text/plain', 'www-authenticate': 'Basic realm=""' },
  body: '',
}

function notMapped(target: string): EmulatorResponse {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain', 'x-cascade': 'pass' },
    body: `Not Found: ${target}`,
  }
}

function fixed(kind: 'check' | 'status' | 'available' | 'preflight' | 'not-found'): EmulatorResponse {
  switch (kind) {
    case 'check':
      return { status: 200, headers: plainHeaders('text/plain;charset=utf-8'), body: 'ok' }
    case 'status':
      return {
        status: 200,
        headers: plainHeaders('application/json'),
        body: '{"status":"ok","version":{"backend":"3.4.3"}}',
      }
    case 'available':
      return { status: 200, headers: documentHeaders, body: '' }
    case 'preflight':
      return { status: 204, headers: preflightHeaders, body: '' }
    case 'not-found':
      return { status: 404, headers: notFoundHeaders, body: '' }
  }
}

function authorizeResponse(
  { oauth, counts }: AuthorizeEndpoint,
  parameters: ParameterHash,
  extensions: Extensions,
  backend: Backend,
): EmulatorResponse {
  const { now, windows, directory, counters } = backend
  const verdict = authorize({ parameters, extensions, oauth, counts, now, windows }, directory, counters)
  const { call, rejection } = verdict
  backend.observe?.({ parameters, verdict })
  const headers: Record<string, string> = { ...documentHeaders }
  if (rejection && extensions.rejectionReasonHeader) headers['3scale-rejection-reason'] = rejection.code
  if (extensions.limitHeaders && (!rejection || rejection.code === 'limits_exceeded')) {
    Object.assign(headers, limitHeaders(call, !rejection))
  }
  const body = extensions.noBody ? '' : statusDocument(call, rejection)
  if (counts && !rejection && call.usage) {
    const usage = withoutZeros(call.usage)
    if (usage.size > 0) {
      const transaction: Transaction = new Map<string, Parameter>([
        ['app_id', call.applicationId],
        ['usage', new Map(usage)],
      ])
      backend.enqueue({
        serviceId: call.service.id,
        transactions: [transaction],
        flatUsage: extensions.flatUsage,
      })
    }
  }
  return { status: rejection ? 409 : 200, headers, body }
}
