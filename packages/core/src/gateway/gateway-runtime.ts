/** Creates and connects the parts of a gateway: all its routes share one ledger and one reporter (law 14). */
import { OpenResponses } from '../adapter/open-responses.ts'
import type { Authorizer, AuthorizerOptions } from '../authorization/authorizer.ts'
import { createCachedAuthorizer } from '../authorization/cached/cached-authorizer.ts'
import { createDirectAuthorizer } from '../authorization/direct-authorizer.ts'
import { createSharedAuthorizer } from '../authorization/shared/shared-authorizer.ts'
import { Backend } from '../backend/backend.ts'
import { type Breaker, createBreaker } from '../backend/breaker.ts'
import { createBulkhead } from '../backend/bulkhead.ts'
import { resolveOptions } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { UnusableService } from '../configuration/portal/proxy-config.ts'
import { CLOSE_MS, DEFAULTS, DIRECT_REPORT_MS } from '../defaults.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { createObserver, type Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import { atMost } from '../primitives/at-most.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import { leftOf } from '../reporting/give-up-rest.ts'
import { createReporter } from '../reporting/reporter.ts'
import type { RequestView } from '../request/request-view.ts'
import { type AfterResponse, createAfterResponse } from './after-response.ts'
import { configureServices, type GivenOptions } from './configure-services.ts'
import type { ConfiguredService } from './configured-service.ts'
import { connectJournal, type GatewayJournal } from './gateway-journal.ts'
import { GatewayStore, type StoreReporting } from './gateway-store.ts'
import { type ProcessMember, processEnd } from './process-end.ts'
import { createServiceChooser, type ServiceChooser } from './service-chooser.ts'
import { createTokenReaders } from './token-readers.ts'
import { checkedTimeout, type WaitLimit } from './wait-limit.ts'

export interface GatewayRuntime<View extends RequestView> {
  readonly options: ResolvedOptions<View>
  readonly services: readonly ConfiguredService<View>[]
  readonly choose: ServiceChooser<View>
  /** Services that cannot be served. */
  readonly unusable: readonly UnusableService[]
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
  const { setups, unusable, createdClients, warnings } = configureServices(given, options, tokens)
  const observer = createObserver({ ...options, warnings: [...options.warnings, ...warnings] })
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
  const protectedServices = setups.map(({ service }) => service)
  const journal = connectJournal(options.journal, { ledger, observer, services: protectedServices })
  const clientOf = (service: string | undefined) => byId.get(service)!.service.client
  const reporting: StoreReporting = {
    clock,
    report,
    ttlMs: cache.ttlMs,
    breaker,
    observer,
    clientOf,
    answers: (service, applicationId) => backend.answers(clientOf(service), service, { appId: applicationId }),
    prove: (application) => byId.get(application.service.id)!.authorizer.prove(application),
  }
  const store =
    options.store === undefined ? undefined : new GatewayStore(options.store, options, { ledger, observer, reporting })
  const createAuthorizer = (given: AuthorizerOptions): Authorizer => {
    if (store === undefined) return (options.cache === false ? createDirectAuthorizer : createCachedAuthorizer)(given)
    const { service } = given
    const shared = createSharedAuthorizer({ ...given, openStore: (callbacks) => store.open(service, callbacks) })
    store.add(service.id, shared.stored)
    return shared
  }
  const services = setups.map((setup): ConfiguredService<View> => {
    const { service } = setup
    const authorizer = createAuthorizer({
      service,
      ledger: ledger.service(service.id),
      clock,
      cache,
      backend,
      observer,
      ambiguous: report.ambiguous,
      fairnessKey: options.fairnessKey as ((view: object) => string | undefined) | undefined,
      flush: (application) => reporter.flushOnly(application),
    })
    return { ...setup, authorizer: journal?.awaitedBy(authorizer) ?? authorizer }
  })
  const byId = new Map(services.map((configured) => [configured.service.id, configured]))
  const reporter = createReporter({
    ...reporting,
    ledger,
    // Without a cache only 3scale knows the limits, so what a response used has to reach it before the next request.
    collectMs: options.cache === false ? Math.min(DIRECT_REPORT_MS, report.intervalMs) : report.intervalMs,
    onWaiting: (waits) => noteWaiting(waits),
    leave: async () => (await journal?.close()) === true,
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
    await store?.deliver(left() / 2)
    await store?.close(left() / 2)
    const report = await reporter.close({ timeoutMs: left() })
    afterResponse.stop()
    tokens.close()
    await Promise.all(createdClients.map((client) => client.close()))
    processEnd().ignoreSignals(member)
    processEnd().nothingWaits(member)
    return { undelivered: addUp(report.undelivered, store?.left() ?? {}) }
  }

  const runtime: { -readonly [Name in keyof GatewayRuntime<View>]: GatewayRuntime<View>[Name] } = {
    options,
    services,
    unusable,
    choose: createServiceChooser({ ...options, services, unusable }),
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
      closing ??= end(timeoutMs)
      return closing
    },
  }
  return runtime
}

function addUp(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sums = { ...one }
  for (const [metric, amount] of Object.entries(other)) sums[metric] = (sums[metric] ?? 0) + amount
  return sums
}
