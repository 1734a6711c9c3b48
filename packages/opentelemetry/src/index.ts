/** `@threescale/opentelemetry`: metrics and spans of a gateway, by the API of OpenTelemetry. */

export { type InstrumentOptions, instrument } from './instrument.ts'
export { maskBackendUrl, type OutgoingRequest } from './mask-backend-url.ts'
export type { Instrumented } from './observe-stats.ts'
