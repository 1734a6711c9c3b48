/** Authorization and reporting on one ledger and one clock, with an emulator in the same process as the backend. */
import { createEmulator, type Emulator, type EmulatorState } from '@threescale/emulator'
import type { AuthorizationRequest, Authorizer } from '../../packages/core/src/authorization/authorizer.ts'
import type { CacheSettings } from '../../packages/core/src/authorization/cache-settings.ts'
import { createCachedAuthorizer } from '../../packages/core/src/authorization/cached/cached-authorizer.ts'
import { settleResponse } from '../../packages/core/src/authorization/settle-response.ts'
import { Backend } from '../../packages/core/src/backend/backend.ts'
import { type Breaker, createBreaker } from '../../packages/core/src/backend/breaker.ts'
import { createBulkhead } from '../../packages/core/src/backend/bulkhead.ts'
import { ThreeScaleClient } from '../../packages/core/src/client/client.ts'
import type { ClientOptions } from '../../packages/core/src/client/client-options.ts'
import {
  TRANSPORT,
  type TransportRequest,
  type TransportResponse,
} from '../../packages/core/src/client/transport/transport.ts'
import { AllowedDecision } from '../../packages/core/src/decision/allowed-decision.ts'
import { LEFT } from '../../packages/core/src/decision/ending.ts'
import type { ProtectedService } from '../../packages/core/src/decision/protected-service.ts'
import type { Refusal } from '../../packages/core/src/decision/refusal.ts'
import type { RoutePolicy } from '../../packages/core/src/decision/route-policy.ts'
import { DEFAULTS } from '../../packages/core/src/defaults.ts'
import type { Credentials } from '../../packages/core/src/domain/credentials.ts'
import { createUsageShape, type Usage, type UsageShape } from '../../packages/core/src/domain/usage.ts'
import { createLedger, type Ledger } from '../../packages/core/src/ledger/ledger.ts'
import type { CacheMessage, ReportMessage } from '../../packages/core/src/observe/messages.ts'
import type { Loss, Observer } from '../../packages/core/src/observe/observer.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import type { ReportSettings } from '../../packages/core/src/reporting/report-settings.ts'
import { createReporter, type Reporter } from '../../packages/core/src/reporting/reporter.ts'
import { answerBy } from './answer-by.ts'
import { ManualClock } from './manual-clock.ts'

export type Outcome = AllowedDecision | Refusal

/** Passes a call on, or answers or fails in the backend's place. */
export type Fault = (
  request: TransportRequest,
  pass: () => TransportResponse,
) => TransportResponse | Promise<TransportResponse>

export interface WorldOptions {
  readonly state: EmulatorState
  readonly now?: string
  /** A backend that several worlds share. */
  readonly emulator?: Emulator
  readonly clock?: ManualClock
  readonly reportDelayMs?: number
  readonly cache?: Partial<CacheSettings>
  readonly report?: Partial<ReportSettings>
  readonly client?: Pick<ClientOptions, 'serviceToken' | 'backendUrl'>
  readonly maxCalls?: number
  readonly crowdedAt?: number
  readonly breaker?: false
  readonly policy?: Partial<RoutePolicy>
  readonly metrics?: Record<string, { parent?: string }>
  /** Calls take this long on the clock; default none. */
  readonly latencyMs?: number
}

export interface World {
  readonly clock: ManualClock
  readonly emulator: Emulator
  readonly ledger: Ledger
  /** How many applications the ledger keeps. */
  readonly kept: number
  readonly reporter: Reporter
  readonly breaker: Breaker | undefined
  readonly service: ProtectedService
  /** Another authorizer on the same ledger, which asks by another client. */
  authorizerOf(client: ThreeScaleClient): Authorizer
  /** Forgets an application, as a full ledger does to make room. */
  evict(id: string): void
  readonly calls: TransportRequest[]
  readonly losses: Loss[]
  readonly reports: ReportMessage[]
  readonly cached: CacheMessage['event'][]
  readonly troubles: string[]
  fault: Fault | undefined
  ask(
    credentials: Credentials,
    usage?: Usage,
    policy?: Partial<RoutePolicy>,
    referrer?: string,
  ): Outcome | Promise<Outcome>
  /** Decides as a route of the gateway does: locally where that is possible. */
  decide(request: AuthorizationRequest): Outcome | Promise<Outcome>
  settle(outcome: Outcome, status?: number, after?: Usage): void
  /** Calls since the world began, by endpoint. */
  count(endpoint: string): number
}

/** What every state of these tests is called. */
export const SERVICE = 's1'
const TOKEN = 'token'

export function createWorld(options: WorldOptions): World {
  const clock = options.clock ?? new ManualClock(options.now ?? '2026-03-10T10:20:30Z')
  const emulator =
    options.emulator ?? createEmulator({ state: options.state, clock, reportDelayMs: options.reportDelayMs ?? 0 })
  const calls: TransportRequest[] = []
  const losses: Loss[] = []
  const reports: ReportMessage[] = []
  const cached: CacheMessage['event'][] = []
  const troubles: string[] = []
  const observer: Pick<Observer, 'called' | 'cached' | 'lost' | 'misconfigured' | 'reported' | 'warn'> = {
    called: () => {},
    cached: (event) => void cached.push(event),
    lost: (loss) => void losses.push(loss),
    misconfigured: (code) => void troubles.push(code),
    reported: (report) => void reports.push(report),
    warn: (code) => void troubles.push(code),
  }
  const { backendUrl = 'http://127.0.0.1' } = options.client ?? {}
  const prefix = new URL(backendUrl).pathname.replace(/\/$/, '')
  const pass = (request: TransportRequest): TransportResponse =>
    answerBy(emulator, { ...request, path: request.path.slice(prefix.length) })
  const client = new ThreeScaleClient({
    serviceId: SERVICE,
    serviceToken: TOKEN,
    ...options.client,
    backendUrl,
    retry: false,
    [CLOCK]: clock,
    [TRANSPORT]: {
      async request(request) {
        calls.push(request)
        if (options.latencyMs !== undefined) {
          await new Promise<void>((resolve) => clock.schedule(resolve, options.latencyMs!))
        } else {
          await Promise.resolve()
        }
        return world.fault === undefined ? pass(request) : await world.fault(request, () => pass(request))
      },
    },
  })
  const cache: CacheSettings = { ...DEFAULTS.cache, ...options.cache }
  const ledger = createLedger({
    clock,
    settleMs: cache.settleMs,
    maxApplications: cache.maxApplications,
    crowdedAt: options.crowdedAt,
    metrics: options.metrics,
    observer,
    onWaiting: (records) => reporter.wake(records),
  })
  const breaker = options.breaker === false ? undefined : createBreaker({ ...DEFAULTS.breaker }, clock)
  const bulkhead = createBulkhead({ maxCalls: options.maxCalls ?? DEFAULTS.maxCalls })
  const backend = new Backend({ clock, bulkhead, breaker, observer })
  const service: ProtectedService = { id: SERVICE, client, limitHeaders: undefined }
  const authorizerOf = (client: ThreeScaleClient): Authorizer =>
    createCachedAuthorizer({
      service: { ...service, client },
      ledger: ledger.service(SERVICE),
      clock,
      cache,
      backend,
      observer,
      flush: (application) => reporter.flushOnly(application),
      random: () => 0.5,
    })
  const authorizer = authorizerOf(client)
  const report: ReportSettings = { ...DEFAULTS.report, ...options.report }
  const reporter = createReporter({
    ledger,
    clock,
    report,
    ttlMs: cache.ttlMs,
    breaker,
    observer,
    clientOf: () => client,
    answers: (_service, appId) => backend.answers(client, SERVICE, { appId }),
    prove: (application) => authorizer.prove(application),
    random: () => 0.5,
  })
  const shapes = new Map<string, UsageShape>()
  const shapeOf = (usage: Usage): UsageShape => {
    const text = JSON.stringify(usage)
    const shape = shapes.get(text) ?? createUsageShape(usage)
    shapes.set(text, shape)
    return shape
  }
  const world: World = {
    clock,
    emulator,
    ledger,
    get kept() {
      return ledger.eviction.size
    },
    reporter,
    breaker,
    service,
    authorizerOf,
    evict: (id) => ledger.eviction.forget(ledger.service(SERVICE).applications.get(id)!),
    calls,
    losses,
    reports,
    cached,
    troubles,
    fault: undefined,
    ask(credentials, usage = { hits: 1 }, policy = {}, referrer = undefined) {
      return world.decide({
        credentials,
        usage: shapeOf(usage),
        referrer,
        policy: { onUnavailable: 'deny', counts: 'now', responseCodes: false, ...options.policy, ...policy },
        view: {},
      })
    },
    decide(request) {
      const { credentials, usage, referrer, policy } = request
      return authorizer.recall(credentials, usage, referrer, policy) ?? authorizer.decide(request)
    },
    settle(outcome, status = 200, after) {
      if (!(outcome instanceof AllowedDecision)) return
      const response = { status, finished: true, header: () => undefined }
      settleResponse(outcome, response, after === undefined ? undefined : shapeOf(after), LEFT)
    },
    count: (endpoint) => calls.filter(({ path }) => path.includes(`/${endpoint}.xml`)).length,
  }
  return world
}

/** One service with one plan. */
export function stateOf(parts: {
  token?: string
  limits?: { metric: string; period: string; value: number }[]
  metrics?: { name: string; parent?: string }[]
  applications?: object[]
  version?: '1' | '2' | 'oauth'
}): EmulatorState {
  const { limits = [], metrics = [{ name: 'hits' }], version = '1' } = parts
  return {
    services: [
      {
        id: SERVICE,
        service_tokens: [parts.token ?? TOKEN],
        backend_version: version,
        metrics: metrics.map((metric, index) => ({ id: String(index + 1), ...metric })),
        plans: [{ id: 'p1', name: 'Basic', limits: limits as never }],
        applications: (parts.applications ?? [{ id: 'a1', plan: 'p1', user_keys: ['k1'] }]) as never,
      },
    ],
  }
}

export const allowed = (outcome: Outcome): boolean => outcome.outcome === 'allow'
