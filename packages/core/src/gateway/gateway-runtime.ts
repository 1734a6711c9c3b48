/** Creates and connects the parts of a gateway: all its routes share one ledger and one reporter (law 14). */
import { OpenResponses } from '../adapter/open-responses.ts'
import { Backend } from '../backend/backend.ts'
import { type Breaker, createBreaker } from '../backend/breaker.ts'
import { createBulkhead } from '../backend/bulkhead.ts'
import { TRANSPORT } from '../client/transport/transport.ts'
import { resolveOptions } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { CLOSE_MS, DEFAULTS, DIRECT_REPORT_MS } from '../defaults.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { createObserver, type Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import { atMost } from '../primitives/at-most.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import { leftOf } from '../reporting/give-up-rest.ts'
import { createReporter } from '../reporting/reporter.ts'
import type { RequestView } from '../request/request-view.ts'
import { addUp } from './add-up.ts'
import { type AfterResponse, createAfterResponse } from './after-response.ts'
import { createPlanner } from './configuration-planner.ts'
import { configurationSource } from './configuration-source.ts'
import { createServiceClient, type GivenOptions } from './configure-services.ts'
import { createAuthorizer } from './create-authorizer.ts'
import { GatewayConfiguration } from './gateway-configuration.ts'
import { connectJournal, type GatewayJournal } from './gateway-journal.ts'
import { GatewayStore } from './gateway-store.ts'
import type { KeptService } from './kept-service.ts'
import { KeptServices, keepService } from './kept-services.ts'
import { type ProcessMember, processEnd } from './process-end.ts'
import { createServed, notReady, type Served } from './served.ts'
import { createTokenReaders } from './token-readers.ts'
import { checkedTimeout, type WaitLimit } from './wait-limit.ts'

export interface GatewayRuntime<View extends RequestView> {
  readonly options: ResolvedOptions<View>
  /** The services of the moment. A request takes what it needs of it once, and goes on with that. */
  readonly served: Served<View>
  readonly configuration: GatewayConfiguration<View>
  /** Denies requests that belong to no service. */
  readonly fallback: { readonly rejection: Rejection }
  readonly afterResponse: AfterResponse<View>
  /** What adapters are answering. */
  readonly responses: OpenResponses
  readonly observer: Observer
  readonly ledger: Ledger
  readonly breaker: Breaker | undefined
  readonly journal: GatewayJournal | undefined
  readonly store: GatewayStore<View> | undefined
  /** Whether requests are decided: from the first one on, until `close`. */
  readonly active: boolean
  /** Called by the first request. @returns false when the gateway is closed. */
  start(): boolean
  /** True from the call of `close` on: every request is denied. */
  readonly closed: boolean
  /** Sends what waits now, and returns what is left. Rejects with an ArgumentError only. */
  flush(limit?: WaitLimit): Promise<CloseReport>
  /** Rejects with an ArgumentError only, and then has not closed. */
  close(limit?: WaitLimit): Promise<CloseReport>
}

/** @throws ConfigError with every problem of the options. */
export function createRuntime<View extends RequestView>(given: GivenOptions<View>): GatewayRuntime<View> {
  const options = resolveOptions(given)
  const tokens = createTokenReaders(options, () => observer)
  const source = configurationSource(options, () => observer)
  const planner = createPlanner(given, options, tokens)
  const first = source.isAwaited ? undefined : planner.first(source)
  const observer = createObserver({ ...options, warnings: [...options.warnings, ...(first?.warnings ?? [])] })
  const { clock, metrics, report } = options
  const cache = options.cache === false ? DEFAULTS.cache : options.cache
  const breaker =
    options.breaker === false
      ? undefined
      : createBreaker({ ...options.breaker, onChange: ({ kind }) => observer.breaker({ state: kind }) }, clock)
  const backend = new Backend({ clock, bulkhead: createBulkhead(options), breaker, observer })
  // The ledger, the authorizers and the reporter call each other, so each gets functions and not the other objects.
  const ledger = createLedger({
    clock,
    settleMs: cache.settleMs,
    maxApplications: cache.maxApplications,
    crowdedAt: 2 * report.maxPending,
    metrics,
    observer,
    onWaiting: (records) => reporter.wake(records),
  })
  const journal = connectJournal(options.journal, { ledger, observer, services: () => kept.all })
  const reporting = { clock, report, ttlMs: cache.ttlMs, breaker, observer }
  const store =
    options.store === undefined
      ? undefined
      : new GatewayStore(options.store, options, {
          ledger,
          observer,
          reporting: { ...reporting, backend, authorizerOf: (service) => (service as KeptService).authorizer },
        })
  const kept = new KeptServices({
    ledger,
    clock,
    client: options.client,
    hasStore: store !== undefined,
    createClient: (access) => createServiceClient(access, options, given[TRANSPORT]),
    createAuthorizer(service) {
      const authorizer = createAuthorizer(options, store, {
        service,
        ledger: service.ledger,
        clock,
        cache,
        backend,
        observer,
        ambiguous: report.ambiguous,
        fairnessKey: options.fairnessKey as ((view: object) => string | undefined) | undefined,
        flush: (application) => reporter.flushOnly(application),
      })
      return journal?.awaitedBy(authorizer) ?? authorizer
    },
  })
  const reporter = createReporter({
    ...reporting,
    ledger,
    clientOf: (service) => kept.of(service)!.client,
    // Usage that a journal kept of a service that this gateway has never served waits for its configuration.
    permit: journal && (async ({ service }) => kept.of(service) !== undefined),
    answers: async (service, appId) => {
      const client = kept.of(service)?.client
      return client !== undefined && (await backend.answers(client, service.id, { appId }))
    },
    prove: async (application) => (await kept.of(application.service)?.authorizer.prove(application)) === true,
    // Without a cache only 3scale knows the limits, so what a response used has to reach it before the next request.
    collectMs: options.cache === false ? Math.min(DIRECT_REPORT_MS, report.intervalMs) : report.intervalMs,
    onWaiting: (waits) => noteWaiting(waits),
    leave: async () => (await journal?.close()) === true,
  })
  const configuration = new GatewayConfiguration<View>({
    loader: source.loader,
    clock,
    observer,
    plan: (before, loaded) => planner.next(before, loaded, (access) => kept.conflictOf(access)),
    apply(plan) {
      const services = plan.services.map(({ setup }) => keepService(setup, kept))
      runtime.served = createServed({ ...options, services, unusable: plan.unusable, byHost: source.byHost })
      tokens.keepOnly(new Set(services.map(({ keys }) => keys)))
      // What waits of services that are gone has no reason to wait longer.
      if (plan.changes.some(({ event }) => event === 'removed')) void reporter.flush()
    },
    afterLoad() {
      if (store === undefined) kept.restUnused(new Set(runtime.served.services.map(({ service }) => service)))
    },
  })
  const afterResponse = createAfterResponse<View>(observer, clock)
  const responses = new OpenResponses()
  const member: ProcessMember = {
    flush: () => runtime.flush(),
    close: () => runtime.close(),
    left: () => (journal?.keeps === true ? {} : addUp(leftOf(ledger), store?.left() ?? {})),
  }
  let closing: Promise<CloseReport> | undefined

  /** With a store, usage that it was not told may wait at any time. */
  function noteWaiting(waits: boolean): void {
    if (waits || (store !== undefined && !runtime.closed)) processEnd().usageWaits(member)
    else processEnd().nothingWaits(member)
  }

  async function answered(): Promise<void> {
    await responses.allClosed()
    await afterResponse.idle()
  }

  async function end(timeoutMs: number): Promise<CloseReport> {
    const endsAt = clock.elapsed() + timeoutMs
    const left = () => Math.max(0, endsAt - clock.elapsed())
    // At once, as the process may be given less time than this.
    void reporter.flush()
    // Half of the time is kept for the reports, in case a stream or a `usageAfter` never ends.
    await atMost(timeoutMs / 2, answered(), clock)
    if (responses.settleAll()) await atMost(left() / 2, afterResponse.idle(), clock)
    afterResponse.giveUp()
    await store?.deliver(left() / 2)
    await store?.close(left() / 2)
    const report = await reporter.close({ timeoutMs: left() })
    afterResponse.stop()
    await tokens.close()
    await kept.close()
    processEnd().ignoreSignals(member)
    processEnd().nothingWaits(member)
    return { undelivered: addUp(report.undelivered, store?.left() ?? {}) }
  }

  const runtime: { -readonly [Name in keyof GatewayRuntime<View>]: GatewayRuntime<View>[Name] } = {
    options,
    served: notReady(),
    configuration,
    fallback: { rejection: createRejection(options) },
    afterResponse,
    responses,
    observer,
    ledger,
    breaker,
    journal,
    store,
    active: false,
    start() {
      if (runtime.closed) return false
      runtime.active = true
      configuration.start()
      if (store !== undefined) noteWaiting(true)
      if (options.closeOn.length > 0) processEnd().closeOn(options.closeOn, member)
      return true
    },
    closed: false,
    async flush(limit) {
      const timeoutMs = checkedTimeout('flush', limit, CLOSE_MS)
      if (closing !== undefined) return closing
      const endsAt = clock.elapsed() + timeoutMs
      await atMost(timeoutMs / 2, afterResponse.idle(), clock)
      const left = { timeoutMs: Math.max(0, endsAt - clock.elapsed()) }
      const [{ undelivered }] = await Promise.all([reporter.deliver(left), store?.deliver(left.timeoutMs)])
      return { undelivered: addUp(undelivered, store?.left() ?? {}) }
    },
    async close(limit) {
      const timeoutMs = checkedTimeout('close', limit, CLOSE_MS)
      runtime.active = false
      runtime.closed = true
      configuration.close()
      closing ??= end(timeoutMs)
      return closing
    },
  }
  if (first !== undefined) configuration.begin(first, source.initial)
  return runtime
}
