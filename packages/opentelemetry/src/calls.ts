/** Calls to the 3scale backend, from their diagnostics channel. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Attributes, type Meter, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { type CallMessage, CHANNELS } from '@threescale/core'

/** In seconds, as OpenTelemetry has them for HTTP clients. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Records how long calls take. */
export function recordDurations(meter: Meter): () => void {
  const durations = meter.createHistogram('threescale.backend.call.duration', {
    unit: 's',
    description: 'Duration of calls to the 3scale backend',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  return listen((call) => durations.record(call.durationMs / 1000, attributesOf(call)))
}

/** Makes a span of each call, when it has ended. It is a child of the request's span if the request waits for the call. */
export function traceCalls(tracer: Tracer): () => void {
  return listen((call) => {
    const endTime = Date.now()
    const span = tracer.startSpan(`threescale ${call.endpoint}`, {
      kind: SpanKind.CLIENT,
      startTime: endTime - call.durationMs,
      attributes: attributesOf(call),
    })
    if (call.outcome === 'failed' || call.outcome === 'refused') span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  })
}

function listen(heard: (call: CallMessage) => void): () => void {
  const listener = (message: unknown) => heard(message as CallMessage)
  subscribe(CHANNELS.call, listener)
  return () => void unsubscribe(CHANNELS.call, listener)
}

function attributesOf({ endpoint, service, outcome, status, code }: CallMessage): Attributes {
  const failed = outcome === 'failed' || outcome === 'refused'
  return {
    'threescale.endpoint': endpoint,
    'threescale.outcome': outcome,
    ...(service !== undefined && { 'threescale.service': service }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(code !== undefined && { [failed ? 'error.type' : 'threescale.code']: code }),
  }
}
