/** Connects a gateway to the providers of an OpenTelemetry SDK. */
import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { recordDurations, traceCalls } from './calls.ts'
import { type Instrumented, observeStats } from './observe-stats.ts'
import { sharedBy } from './shared-by.ts'

export interface InstrumentOptions {
  /** Becomes the attribute `threescale.gateway`. Give one to each if the process has several. Default: no attribute. */
  readonly name?: string | undefined
  /** Default: the global one, which the SDK must have set before. */
  readonly meterProvider?: MeterProvider | undefined
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider | undefined
}

/** Name of the meter and the tracer. */
const SCOPE = '@threescale/opentelemetry'

const durationsOf = sharedBy((provider: MeterProvider) => recordDurations(provider.getMeter(SCOPE)))
const spansOf = sharedBy((provider: TracerProvider) => traceCalls(provider.getTracer(SCOPE)))

/**
 * Observes the counters of a gateway, and records each call to the 3scale backend as a duration and a span. Calls are
 * those of the whole process; they are recorded once, however many gateways are instrumented. Nothing that is recorded
 * contains a credential.
 *
 * @returns a function that ends it.
 */
export function instrument(gateway: Instrumented, options: InstrumentOptions = {}): () => void {
  const meterProvider = options.meterProvider ?? metrics.getMeterProvider()
  const tracerProvider = options.tracerProvider ?? trace.getTracerProvider()
  const attributes = options.name === undefined ? {} : { 'threescale.gateway': options.name }
  const ends = [
    observeStats(meterProvider.getMeter(SCOPE), gateway, attributes),
    durationsOf(meterProvider),
    spansOf(tracerProvider),
  ]
  return () => {
    for (const end of ends.splice(0)) end()
  }
}
