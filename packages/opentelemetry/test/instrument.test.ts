import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createGateway, type RequestView, TransportError } from '@threescale/core'
import { createEmulator } from '@threescale/emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEmulatedBackend } from '../../../test/support/emulated-backend.ts'
import { instrument, maskBackendUrl } from '../src/index.ts'

const SERVICE = { serviceId: '2555417', serviceToken: 'demo-token' }

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  /** Values by name and attributes; of a histogram how many there are. */
  async values(): Promise<Record<string, number>> {
    const { resourceMetrics } = await this.collect()
    const points = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as DataPoint<number | Histogram>[]).map(({ attributes, value }) => {
          const labels = Object.values(attributes).join(' ')
          return [`${descriptor.name} ${labels}`.trim(), typeof value === 'number' ? value : value.count] as const
        }),
      ),
    )
    return Object.fromEntries(points)
  }
}

function createSdk() {
  const reader = new Reader()
  const exporter = new InMemorySpanExporter()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  return { reader, exporter, meterProvider, tracerProvider }
}

function viewOf(url: string): RequestView {
  return { method: 'GET', url, header: () => undefined }
}

describe('instrument', () => {
  it('records decisions, usage and states as the gateway counts them', async () => {
    const { reader, ...providers } = createSdk()
    const gateway = createGateway({ ...SERVICE, cache: true, ...createEmulatedBackend().seams })
    const stop = instrument(gateway, { ...providers, name: 'words' })
    for (let index = 0; index < 9; index++) await gateway.evaluate(viewOf('/words?user_key=good-key'))
    await gateway.evaluate(viewOf('/words'))
    expect(await reader.values()).toMatchObject({
      'threescale.decisions words allow': 5,
      'threescale.decisions words deny limits_exceeded': 4,
      'threescale.decisions words deny credentials_missing': 1,
      'threescale.usage.admitted words hits': 5,
      'threescale.usage.pending words hits': 5,
      'threescale.usage.acknowledged words hits': 0,
      'threescale.applications words': 1,
      'threescale.breaker words closed': 1,
      'threescale.breaker words open': 0,
      'threescale.backend.call.duration authorize authorized 2555417 200': 1,
    })
    stop()
    stop()
    await gateway.evaluate(viewOf('/words?user_key=unlimited-key'))
    expect((await reader.values())['threescale.backend.call.duration authorize authorized 2555417 200']).toBe(1)
    await gateway.close()
  })

  it('makes one span of each call, below the span of its request, whatever the number of gateways', async () => {
    const { exporter, ...providers } = createSdk()
    const backend = createEmulatedBackend()
    const gateway = createGateway({ ...SERVICE, ...backend.seams })
    const ends = [instrument(gateway, { ...providers, name: 'a' }), instrument(gateway, { ...providers, name: 'b' })]
    context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    onTestFinished(() => context.disable())
    const request = providers.tracerProvider.getTracer('app').startSpan('GET /words')
    await context.with(trace.setSpan(context.active(), request), () =>
      gateway.evaluate(viewOf('/words?user_key=good-key')),
    )
    ends[0]!()
    await gateway.evaluate(viewOf('/words?user_key=wrong-key'))
    backend.fail = () => new TransportError('no connection', { sent: false })
    await gateway.evaluate(viewOf('/words?user_key=good-key'))
    const spans = exporter.getFinishedSpans()
    expect(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
      request.spanContext().spanId,
      undefined,
      undefined,
    ])
    expect(
      spans.map(({ name, kind, status, attributes }) => ({ name, kind, status: status.code, attributes })),
    ).toEqual([
      {
        name: 'threescale authrep',
        kind: SpanKind.CLIENT,
        status: SpanStatusCode.UNSET,
        attributes: expect.objectContaining({ 'threescale.outcome': 'authorized', 'http.response.status_code': 200 }),
      },
      expect.objectContaining({
        status: SpanStatusCode.UNSET,
        attributes: expect.objectContaining({ 'threescale.outcome': 'denied', 'threescale.code': 'user_key_invalid' }),
      }),
      expect.objectContaining({ status: SpanStatusCode.ERROR }),
    ])
    ends[1]!()
    await gateway.evaluate(viewOf('/words?user_key=good-key'))
    expect(exporter.getFinishedSpans()).toHaveLength(3)
    expect(JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]))).not.toMatch(/good-key|demo-token/)
    await gateway.close()
  })
})

describe('maskBackendUrl', () => {
  it('keeps our token and the caller’s key out of the spans of undici’s own instrumentation', async () => {
    const { exporter, tracerProvider } = createSdk()
    const undici = new UndiciInstrumentation({ startSpanHook: maskBackendUrl })
    undici.setTracerProvider(tracerProvider)
    const emulator = createEmulator()
    const url = await emulator.listen({ port: 0 })
    onTestFinished(async () => {
      undici.disable()
      await emulator.close()
    })
    const gateway = createGateway({ ...SERVICE, backendUrl: url, cache: true })
    await gateway.evaluate(viewOf('/words?user_key=good-key'))
    await gateway.close()
    const recorded = exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, ...attributes }))
    expect(recorded.map((span) => span['url.full' as keyof typeof span])).toEqual([
      `${url}/transactions/authorize.xml`,
      `${url}/transactions.xml`,
    ])
    expect(JSON.stringify(recorded)).not.toMatch(/good-key|demo-token/)
  })

  it('changes no span of other requests', () => {
    expect(maskBackendUrl({ origin: 'https://a.test', path: '/bank/transactionsheet?page=2' })).toEqual({})
    expect(maskBackendUrl({ origin: 'https://a.test', path: '/3scale/transactions/authrep.xml?user_key=k' })).toEqual({
      'url.full': 'https://a.test/3scale/transactions/authrep.xml',
      'url.query': '',
    })
  })
})
