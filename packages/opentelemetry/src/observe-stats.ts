/** Counters and gauges from the numbers that a gateway keeps anyway: nothing is done for a request. */
import type { Attributes, BatchObservableResult, Meter, MetricOptions, Observable } from '@opentelemetry/api'
import type { GatewayStats, UsageSums } from '@threescale/core'

/** The part of a gateway that is observed. */
export interface Instrumented {
  stats(): GatewayStats
}

type Observe = (value: number, attributes?: Attributes) => void

interface Observed {
  readonly instrument: Observable
  readonly values: (stats: GatewayStats, observe: Observe) => void
}

/** @param shared attributes of all values. @returns how to end it. */
export function observeStats(meter: Meter, gateway: Instrumented, shared: Attributes): () => void {
  const all = instruments(meter)
  const callback = (result: BatchObservableResult) => {
    const stats = gateway.stats()
    for (const { instrument, values } of all) {
      values(stats, (value, attributes) => result.observe(instrument, value, { ...shared, ...attributes }))
    }
  }
  const observables = all.map(({ instrument }) => instrument)
  meter.addBatchObservableCallback(callback, observables)
  return () => meter.removeBatchObservableCallback(callback, observables)
}

function instruments(meter: Meter): readonly Observed[] {
  const counter = (name: string, options: MetricOptions) => meter.createObservableCounter(`threescale.${name}`, options)
  const level = (name: string, options: MetricOptions) =>
    meter.createObservableUpDownCounter(`threescale.${name}`, options)
  const gauge = (name: string, options: MetricOptions) => meter.createObservableGauge(`threescale.${name}`, options)
  const usage = (instrument: Observable, sum: Exclude<keyof UsageSums, 'shared'>): Observed => ({
    instrument,
    values(stats, observe) {
      for (const [metric, sums] of Object.entries(stats.usage)) observe(sums[sum], { 'threescale.metric': metric })
    },
  })
  return [
    {
      instrument: counter('decisions', { unit: '{decision}', description: 'Decisions about requests' }),
      values({ decisions }, observe) {
        for (const [name, count] of Object.entries(decisions)) observe(count, outcomeOf(name))
      },
    },
    usage(counter('usage.admitted', { unit: '{usage}', description: 'Usage of admitted requests' }), 'admitted'),
    usage(counter('usage.acknowledged', { unit: '{usage}', description: '3scale has queued it' }), 'acknowledged'),
    usage(counter('usage.given_up', { unit: '{usage}', description: '3scale will not count it' }), 'givenUp'),
    usage(level('usage.pending', { unit: '{usage}', description: 'Usage that waits to be reported' }), 'pending'),
    usage(level('usage.in_flight', { unit: '{usage}', description: 'Usage in reports under way' }), 'inFlight'),
    usage(level('usage.ambiguous', { unit: '{usage}', description: 'Usage of unanswered reports' }), 'ambiguous'),
    {
      instrument: gauge('usage.oldest_pending', { unit: 's', description: 'Age of the oldest usage that waits' }),
      values: ({ oldestPendingMs = 0 }, observe) => observe(oldestPendingMs / 1000),
    },
    {
      instrument: level('applications', { unit: '{application}', description: 'Applications that are remembered' }),
      values: ({ applications }, observe) => observe(applications),
    },
    {
      instrument: level('breaker', { unit: '1', description: '1 for the present state of the breaker' }),
      values: ({ breaker }, observe) => oneOf(['closed', 'open', 'half-open'], breaker, observe),
    },
    {
      instrument: counter('journal.unwritten', { unit: '{admission}', description: 'Admissions not in the journal' }),
      values: ({ journal }, observe) => journal && observe(journal.unwritten),
    },
    {
      instrument: level('store', { unit: '1', description: '1 for the present state of the store' }),
      values: ({ store }, observe) => oneOf(['idle', 'shared', 'failing', 'closed'], store?.state, observe),
    },
    {
      instrument: level('store.owed', { unit: '{admission}', description: 'Admissions not yet told to the store' }),
      values: ({ store }, observe) => store && observe(store.owed),
    },
  ]
}

function outcomeOf(name: string): Attributes {
  if (name === 'allowed') return { 'threescale.outcome': 'allow' }
  if (name === 'skipped') return { 'threescale.outcome': 'skip' }
  return { 'threescale.outcome': 'deny', 'threescale.code': name }
}

function oneOf(states: readonly string[], present: string | undefined, observe: Observe): void {
  if (present === undefined) return
  for (const state of states) observe(state === present ? 1 : 0, { 'threescale.state': state })
}
