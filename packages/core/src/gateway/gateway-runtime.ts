/** Creates and connects the parts of a gateway: all its routes share one ledger and one reporter (law 14). */
import { createCachedAuthorizer } from '../authorization/cached/cached-authorizer.ts'
import { createDirectAuthorizer } from '../authorization/direct-authorizer.ts'
import { Backend } from '../backend/backend.ts'
import { createBreaker } from '../backend/breaker.ts'
import { createBulkhead } from '../backend/bulkhead.ts'
import { resolveOptions } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { CLOSE_MS, DEFAULTS } from '../defaults.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { createObserver, type Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import { atMost } from '../primitives/at-most.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import { createReporter } from '../reporting/reporter.ts'
import type { RequestView } from '../request/request-view.ts'
import { type AfterResponse, createAfterResponse } from './after-response.ts'
import { configureServices, type GivenOptions } from './configure-services.ts'
import { type ConfiguredService, createServicePicker, type ServicePicker } from './configured-service.ts'

export interface GatewayRuntime<View extends RequestView> {
  readonly options: ResolvedOptions<View>
  readonly services: readonly ConfiguredService<View>[]
  readonly pick: ServicePicker<View>
  /** Denies requests that belong to no service. */
  readonly fallback: { readonly rejection: Rejection }
  readonly afterResponse: AfterResponse<View>
  readonly observer: Observer
  readonly ledger: Ledger
  /** True from the call of `close` on: every request is denied. */
  readonly closed: boolean
  close(limits?: CloseLimits): Promise<CloseReport>
}

export interface CloseLimits {
  /** Longest time to wait for reports, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined
}

/** @throws ConfigError with every problem of the options. */
export function createRuntime<View extends RequestView>(given: GivenOptions<View>): GatewayRuntime<View> {
  const options = resolveOptions(given)
  const { setups, createdClients, warnings } = configureServices(given, options)
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
  const createAuthorizer = options.cache === false ? createDirectAuthorizer : createCachedAuthorizer
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
    return { ...setup, authorizer }
  })
  const byId = new Map(services.map((configured) => [configured.service.id, configured]))
  const clientOf = (service: string | undefined) => byId.get(service)!.service.client
  const reporter = createReporter({
    ledger,
    clock,
    report,
    ttlMs: cache.ttlMs,
    breaker,
    observer,
    clientOf,
    answers: (service, applicationId) => backend.answers(clientOf(service), service, { appId: applicationId }),
    prove: (application) => byId.get(application.service.id)!.authorizer.prove(application),
  })
  const afterResponse = createAfterResponse<View>(observer)
  let closing: Promise<CloseReport> | undefined

  async function end({ timeoutMs = CLOSE_MS }: CloseLimits = {}): Promise<CloseReport> {
    const began = clock.elapsed()
    // Half of the time is kept for the reports, in case a `usageAfter` never ends.
    await atMost(timeoutMs / 2, afterResponse.idle(), clock)
    const report = await reporter.close({ timeoutMs: timeoutMs - (clock.elapsed() - began) })
    await Promise.all(createdClients.map((client) => client.close()))
    return report
  }

  return {
    options,
    services,
    pick: createServicePicker(services),
    fallback: { rejection: createRejection(options) },
    afterResponse,
    observer,
    ledger,
    get closed() {
      return closing !== undefined
    },
    close(limits) {
      closing ??= end(limits)
      return closing
    },
  }
}
