/** Passes a request to the Service Management API, the control API or another site, by its normalised path. */
import type { ControlApi } from '../control/api.ts'
import { errorHeaders, forbiddenHeaders } from '../http/headers.ts'
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import { parseTarget, type RequestTarget } from '../http/request-target.ts'
import { type EndpointName, endpointName, isMethod, route } from '../http/routes.ts'
import { toByteString } from '../ruby/bytes.ts'
import type { CallOptions, ServiceManagement } from '../service-management/service-management.ts'
import type { Site } from '../site.ts'

/** Answers requests without a socket. */
export interface RequestHandler {
  /** Answers one request. */
  handle(request: EmulatorRequest, options?: CallOptions): EmulatorResponse
  /** The Service Management endpoint of a request, undefined for any other. */
  endpointOf(request: EmulatorRequest): EndpointName | undefined
  /** Whether a request is for the Service Management API, which its workers serve. */
  needsWorker(request: EmulatorRequest): boolean
  /** Whether a request asks for the stream of events and is allowed to read it. */
  wantsEvents(request: EmulatorRequest): boolean
}

/** Connects the APIs. */
export function createRequestHandler(
  service: ServiceManagement,
  control: ControlApi,
  sites: readonly Site[],
): RequestHandler {
  const siteOf = ({ path }: RequestTarget) => sites.find((site) => site.owns(path))
  return {
    handle(request, options) {
      const target = parseTarget(toByteString(request.target))
      if (!target || !isMethod(request.method)) return refusedResponse
      if (isControl(target)) return control.handle(request, target.path)
      const site = siteOf(target)
      if (site) return site.answer(request, target)
      const response = service.handle(request, target, bodyBytes(request.body), options)
      return request.method === 'HEAD' ? withoutBody(response) : response
    },
    endpointOf(request) {
      const target = parseTarget(toByteString(request.target))
      return target && endpointName(route(request.method, target.path))
    },
    needsWorker(request) {
      const target = parseTarget(toByteString(request.target))
      return target === undefined || !(isControl(target) || siteOf(target))
    },
    wantsEvents(request) {
      if (!request.target.startsWith('/emulator/')) return false
      const target = parseTarget(toByteString(request.target))
      return target !== undefined && control.wantsEvents(request, target.path)
    },
  }
}

/** The real backend's answer to a request that is not valid HTTP. */
export const refusedResponse: EmulatorResponse = { status: 400, headers: { connection: 'close' }, body: '' }

function isControl({ path }: RequestTarget): boolean {
  return path === '/emulator' || path.startsWith('/emulator/')
}

function bodyBytes(body: EmulatorRequest['body']): string | undefined {
  if (body === undefined) return undefined
  if (typeof body === 'string') return Buffer.from(body, 'utf8').toString('latin1')
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
}

/** Of answers by middleware, which HEAD empties before they are measured. Sinatra measures its own answers itself. */
const unmeasured: readonly EmulatorResponse['headers'][] = [errorHeaders, forbiddenHeaders]

function withoutBody({ status, headers, body }: EmulatorResponse): EmulatorResponse {
  const length = unmeasured.includes(headers) ? 0 : Buffer.byteLength(body)
  return { status, headers: { ...headers, 'content-length': String(length) }, body: '' }
}
