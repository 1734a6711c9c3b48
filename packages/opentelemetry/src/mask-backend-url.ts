/** Keeps credentials out of the spans that OpenTelemetry's own instrumentation of undici makes of backend calls. */

/** The part of undici's request that the hook reads. */
export interface OutgoingRequest {
  readonly origin: unknown
  readonly path: string
}

/** Paths of the Service Management API, whatever path stands before them. */
const SERVICE_MANAGEMENT = /\/transactions(\.xml|\/)/

/**
 * A `startSpanHook` for `@opentelemetry/instrumentation-undici`, which records the whole URL of each call: a call to
 * 3scale has the service token and the caller's key in its query. The hook leaves the query out of these spans, and
 * changes no others.
 */
export function maskBackendUrl({ origin, path }: OutgoingRequest): Record<string, string> {
  const [bare] = path.split('?', 1)
  if (!SERVICE_MANAGEMENT.test(bare!)) return {}
  return { 'url.full': `${origin}${bare}`, 'url.query': '' }
}
