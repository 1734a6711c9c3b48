/** What all routes of one gateway share: one client, one ledger, one reporter (law 14). */
import type { Authorizer } from '../authorization/authorizer.ts'
import { createCachedAuthorizer } from '../authorization/cached/cached-authorizer.ts'
import { createDirectAuthorizer } from '../authorization/direct-authorizer.ts'
import { createBreaker } from '../backend/breaker.ts'
import { createBulkhead } from '../backend/bulkhead.ts'
import { resolveOptions } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { DEFAULTS } from '../defaults.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { createObserver, type Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import type { Clock, Timer } from '../primitives/clock.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import { CLOSE_MS, createReporter } from '../reporting/reporter.ts'
import type { RequestView } from '../request/request-view.ts'
import { type AfterResponse, createAfterResponse } from './after-response.ts'
import { configureServices, type GivenOptions } from './configure-services.ts'
import { type ConfiguredService, createServicePicker, type ServicePicker } from './configured-service.ts'

export interface GatewayRuntime<View extends RequestView> {
  readonly options: ResolvedOptions<View>
  readonly services: readonly ConfiguredService<View>[]
  readonly pick: ServicePicker<View>
  /** How requests are denied that belong to no service. */
  readonly fallback: { readonly rejection: Rejection }
  readonly authorizer: Authorizer
  readonly afterResponse: AfterResponse<View>
  readonly observer: Observer
  readonly ledger: Ledger
  /** From the call of `close` on, every request is denied. */
  readonly closed: boolean
  close(limits?: CloseLimits): Promise<CloseReport>
}

export interface CloseLimits {
  /** Longest to wait for reports, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined
}

/** @throws ConfigError with every problem of the options. */
export function createRuntime<View extends RequestView>(given: GivenOptions<View>): GatewayRuntime<View> {
  const options = resolveOptions(given)
  const { services, ownClients, warnings } = configureServices(given, options)
  const observer = createObserver({ ...options, warnings: [...options.warnings, ...warnings] })
  const { clock, cache, metrics, report } = options
  const memory = cache === false ? DEFAULTS.cache : cache
  const { settleMs, ttlMs, maxApplications } = memory
  const breaker =
    options.breaker === false
      ? undefined
      : createBreaker({ ...options.breaker, onChange: ({ kind }) => observer.breaker({ state: kind }) }, clock)
  const ledger = createLedger({
    clock,
    settleMs,
    maxApplications,
    crowdedAt: 2 * report.maxPending,
    metrics,
    observer,
  })
  const { ambiguous } = report
  const asking = { ledger, clock, cache: memory, bulkhead: createBulkhead(options), breaker, observer, ambiguous }
  const authorizer = cache === false ? createDirectAuthorizer(asking) : createCachedAuthorizer(asking)
  const reporter = createReporter({ ledger, clock, report, provedWithinMs: 2 * ttlMs, breaker, observer })
  const afterResponse = createAfterResponse<View>(authorizer, observer)
  let closing: Promise<CloseReport> | undefined

  async function end({ timeoutMs = CLOSE_MS }: CloseLimits = {}): Promise<CloseReport> {
    const began = clock.elapsed()
    // Half of the time is for the reports: a `usageAfter` that never answers must not cost the rest.
    await atMost(timeoutMs / 2, afterResponse.idle(), clock)
    const report = await reporter.close({ timeoutMs: timeoutMs - (clock.elapsed() - began) })
    await Promise.all(ownClients.map((client) => client.close()))
    return report
  }

  return {
    options,
    services,
    pick: createServicePicker(services),
    fallback: { rejection: createRejection(options) },
    authorizer,
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

/** Waits for a task, but not longer. */
async function atMost(ms: number, task: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: Timer | undefined
  const end = new Promise<void>((resolve) => {
    timer = clock.schedule(resolve, ms)
  })
  // The clock's timers let the process end.
  const awake = setTimeout(() => {}, ms)
  await Promise.race([task, end])
  clearTimeout(awake)
  timer?.cancel()
}
