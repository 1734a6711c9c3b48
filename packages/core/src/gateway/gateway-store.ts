/** Connects a gateway to its store: opened for each service, asked for counters, closed with the gateway. */
import type { Authorizer } from '../authorization/authorizer.ts'
import type { StoreCallbacks } from '../authorization/shared/shared-authorizer.ts'
import type { StoredService } from '../authorization/shared/stored-service.ts'
import type { Backend } from '../backend/backend.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { LentUsage } from '../ledger/lent/lent-usage.ts'
import type { PlanLayout } from '../ledger/plan/layout.ts'
import type { ServiceStore, StoredRow, UsageStore } from '../ledger/store.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import type { Observer } from '../observe/observer.ts'
import type { StoreStats, UsageSums } from '../observe/stats.ts'
import { createReporter, type ReporterOptions } from '../reporting/reporter.ts'
import { StoreReporter } from '../reporting/store-reporter.ts'
import type { RequestView } from '../request/request-view.ts'
import { UnbookedUsage } from './unbooked-usage.ts'

/** The purpose of the key by which callers are named in a store. */
const CALLERS = 'threescale store: callers'

interface OpenedStore {
  readonly store: ServiceStore
  readonly lent: LentUsage
}

/** What reports the usage of this process; a store's is reported the same way. */
export type StoreReporting = Pick<ReporterOptions, 'clock' | 'report' | 'ttlMs' | 'breaker' | 'observer'> & {
  readonly backend: Pick<Backend, 'answers'>
  readonly authorizerOf: (service: ProtectedService) => Pick<Authorizer, 'prove'>
}

export interface GatewayStoreParts {
  readonly ledger: Ledger
  readonly observer: Pick<Observer, 'store' | 'lost' | 'cached' | 'warn'>
  readonly reporting: StoreReporting
}

export class GatewayStore<View extends RequestView> {
  readonly #store: UsageStore
  readonly #options: ResolvedOptions<View>
  readonly #ledger: Ledger
  readonly #observer: GatewayStoreParts['observer']
  readonly #reporting: StoreReporting
  readonly #services = new Map<string | undefined, StoredService>()
  readonly #reporters = new Map<string | undefined, StoreReporter>()
  readonly #unbooked = new Map<string | undefined, UnbookedUsage>()
  readonly #lent: LentUsage[] = []

  constructor(store: UsageStore, options: ResolvedOptions<View>, { ledger, observer, reporting }: GatewayStoreParts) {
    this.#reporting = reporting
    this.#store = store
    this.#options = options
    this.#ledger = ledger
    this.#observer = observer
  }

  /** Starts nothing before the first request. */
  open(service: ProtectedService, callbacks: StoreCallbacks): OpenedStore {
    const { id, client, limitHeaders } = service
    const { backend, authorizerOf, ...reporting } = this.#reporting
    const { cache, report, clock } = this.#options
    if (cache === false) throw new TypeError('a store needs a cache')
    const { ttlMs, staleMs, denialTtlMs, settleMs } = cache
    const { intervalMs, maxPending } = report
    const tellCounts = limitHeaders !== undefined
    const store = this.#store.open({
      service: id,
      secret: client.keyFor(CALLERS),
      settings: { ttlMs, staleMs, denialTtlMs, settleMs, intervalMs, maxPending, tellCounts },
      clock,
      ...callbacks,
      report: () => storeReporter.report(),
      tell: (message) => {
        this.#observer.store(message)
        if (message.event === 'failing') this.#unbooked.get(id)!.watch()
      },
    })
    const lent = new LentUsage({
      store,
      id,
      clock,
      settleMs,
      observer: this.#observer,
      limitedMetrics: (application) => this.#limitedMetrics(id, application),
      onWaiting: (records) => reporter.wake(records),
    })
    const permit = (batch: Batch) => lent.permit(batch)
    const reporter = createReporter({
      ...reporting,
      ledger: lent.ledger,
      permit,
      // Usage waits for an interval, and what proved its application was asked up to a ttl before.
      othersProofsMs: intervalMs + ttlMs,
      // The client of the moment, as our credential may change.
      clientOf: () => service.client,
      answers: (_ledger, appId) => backend.answers(service.client, id, { appId }),
      prove: (application) => authorizerOf(service).prove(application),
    })
    const storeReporter = new StoreReporter({ store, lent, reporter, clock })
    this.#reporters.set(id, storeReporter)
    this.#lent.push(lent)
    return { store, lent }
  }

  /** To be called once for each service that was opened. */
  add(id: string | undefined, service: StoredService): void {
    const { cache, report, clock } = this.#options
    const { staleMs } = cache as Exclude<typeof cache, false>
    const times = { failingMs: staleMs, intervalMs: report.intervalMs }
    this.#services.set(id, service)
    this.#unbooked.set(id, new UnbookedUsage({ id, service, ledger: this.#ledger, clock, ...times }))
  }

  /** Of all services together: the worst state, the sums. */
  stats(): StoreStats {
    const all = [...this.#services.values()].map(({ store }) => store.stats())
    const failing = all.filter(({ state }) => state === 'failing')
    const since = failing.map((stats) => stats.since ?? Number.POSITIVE_INFINITY)
    const sum = (of: (stats: StoreStats) => number) => all.reduce((total, stats) => total + of(stats), 0)
    return {
      state: STATES.find((state) => all.some((stats) => stats.state === state)) ?? 'idle',
      since: failing.length === 0 ? undefined : Math.min(...since),
      processes: Math.max(0, ...all.map(({ processes }) => processes)),
      owed: sum(({ owed }) => owed),
      commands: sum(({ commands }) => commands),
    }
  }

  /**
   * Law 8 with usage in the store's hands: `shared` is what this process has given to the store, minus what it has taken
   * from it to report for all. So it is below 0 where a process has reported for others.
   */
  sums(): Record<string, UsageSums> {
    const sums: Record<string, UsageSums> = this.#ledger.sums()
    for (const { ledger } of this.#lent) addLent(sums, ledger.sums())
    for (const { store, counted } of this.#services.values()) {
      const { owed, doubtful } = store.unbooked()
      const pending = byMetric(owed)
      const inFlight = byMetric(doubtful)
      for (const [metric, amount] of counted.amounts()) {
        const before = sums[metric] ?? NOTHING
        const waits = pending.get(metric) ?? 0
        const underWay = inFlight.get(metric) ?? 0
        sums[metric] = {
          ...before,
          admitted: before.admitted + amount,
          pending: before.pending + waits,
          inFlight: before.inFlight + underWay,
          shared: (before.shared ?? 0) + amount - waits - underWay,
        }
      }
    }
    return sums
  }

  /** As `Ledger.earliestWaiting`, of usage that was taken from the store to report it. */
  earliestWaiting(): number {
    return Math.min(...this.#lent.map(({ ledger }) => ledger.earliestWaiting()))
  }

  /** By metric: what is surely not in the store, or may not be, or could not be reported. */
  left(): Record<string, number> {
    const left: Record<string, number> = {}
    for (const reporter of this.#reporters.values()) {
      for (const [metric, amount] of Object.entries(reporter.left())) left[metric] = (left[metric] ?? 0) + amount
    }
    for (const { store } of this.#services.values()) {
      const { owed, doubtful } = store.unbooked()
      for (const [metric, amount] of byMetric([...owed, ...doubtful])) left[metric] = (left[metric] ?? 0) + amount
    }
    return left
  }

  /** Books what is owed, and reports all that waits in the store, until it is delivered or the time is up. */
  async deliver(timeoutMs: number): Promise<void> {
    const used = [...this.#services].filter(([, { counted }]) => counted.amounts().size > 0)
    await Promise.all(used.map(([id]) => this.#reporters.get(id)!.deliver(timeoutMs)))
  }

  /** Books what is owed. What cannot be booked waits in the ledger from now on, and this process reports it itself. */
  async close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#services].map(([id, service]) => this.#close(id, service, timeoutMs)))
  }

  #limitedMetrics(id: string | undefined, application: string): string[] {
    const known = this.#ledger.service(id).applications.get(application)
    const layout = known === undefined ? undefined : this.#services.get(id)?.application(known).layout
    // All layouts are made or read by `Layouts`.
    return (layout as PlanLayout | undefined)?.limits.map(({ metric }) => metric) ?? []
  }

  async #close(id: string | undefined, service: StoredService, timeoutMs: number): Promise<void> {
    await this.#reporters.get(id)!.close(timeoutMs / 2)
    service.closed = true
    const { owed, doubtful } = await service.store.close({ timeoutMs: timeoutMs / 2 })
    const unbooked = this.#unbooked.get(id)!
    unbooked.takeBack(owed)
    unbooked.leaveUnanswered(doubtful)
  }
}

/** From the worst to the best. */
const STATES: readonly StoreStats['state'][] = ['failing', 'shared', 'idle', 'closed']

const NOTHING: UsageSums = Object.freeze({
  admitted: 0,
  acknowledged: 0,
  inFlight: 0,
  ambiguous: 0,
  pending: 0,
  givenUp: 0,
})

function addLent(sums: Record<string, UsageSums>, lent: Readonly<Record<string, UsageSums>>): void {
  for (const [metric, { admitted, acknowledged, inFlight, ambiguous, pending, givenUp }] of Object.entries(lent)) {
    const before = sums[metric] ?? NOTHING
    sums[metric] = {
      admitted: before.admitted,
      acknowledged: before.acknowledged + acknowledged,
      inFlight: before.inFlight + inFlight,
      ambiguous: before.ambiguous + ambiguous,
      pending: before.pending + pending,
      givenUp: before.givenUp + givenUp,
      shared: (before.shared ?? 0) - admitted,
    }
  }
}

function byMetric(rows: readonly StoredRow[]): Map<string, number> {
  const amounts = new Map<string, number>()
  for (const { metric, amount } of rows) amounts.set(metric, (amounts.get(metric) ?? 0) + amount)
  return amounts
}
