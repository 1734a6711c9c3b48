/**
 * Asks the backend by authorize, which counts nothing and is safe to repeat, and remembers everything that the answer
 * tells.
 */
import type { Backend } from '../../backend/backend.ts'
import { LEDGER_EXTENSIONS } from '../../backend/extensions.ts'
import { type Usage, usageOf } from '../../domain/usage.ts'
import type { Verdict } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { giveUpMetric } from '../../ledger/usage/losses.ts'
import { metricsToProve } from '../../ledger/usage/take-batches.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { AskedFor, CallerCredentials, CallerStatus, LoadResult } from './caller-status.ts'
import { identityText } from './identity.ts'
import { learnVerdict } from './learn-verdict.ts'
import { type ServiceCache, UNKNOWN_KEY } from './service-cache.ts'

export interface LoadRequest extends CallerCredentials {
  readonly usage: Usage
  /** The caller's application, where it is kept. */
  readonly application: ApplicationLedger | undefined
  /** Whether the backend has accepted the caller before. */
  readonly known: boolean
  /** Whose calls share a part of the places for calls. Default: the caller's loads. */
  readonly share?: string | undefined
  /** Whether to leave out the metrics of waiting usage. Default false: the question proves them too. */
  readonly usageAlone?: boolean
}

/** An answer, and what was learned from it. */
export interface HeardVerdict {
  readonly verdict: Verdict
  readonly asked: AskedFor
  readonly caller: CallerStatus
  /** The one that was asked about, where it was known. */
  readonly application: ApplicationLedger | undefined
}

export interface CacheLoaderOptions {
  readonly clock: Clock
  readonly backend: Backend
  /**
   * Called before each question. What it returns is called with the answer, and waited for. Default: no other process
   * wants to know.
   */
  readonly tell?: (() => (heard: HeardVerdict) => Promise<void>) | undefined
}

const FAILED: LoadResult['answer'] & { kind: 'unavailable' } = Object.freeze({
  kind: 'unavailable',
  retryAfterMs: undefined,
  mayHaveCounted: false,
})

function isForeign(verdict: Verdict): boolean {
  return !verdict.authorized && verdict.foreign !== undefined
}

/** An empty prediction: the call is made for the usage report in its answer. */
export const NO_USAGE: Usage = usageOf([])

export class CacheLoader {
  readonly #cache: ServiceCache
  readonly #options: CacheLoaderOptions

  constructor(cache: ServiceCache, options: CacheLoaderOptions) {
    this.#cache = cache
    this.#options = options
  }

  /** Asks once; asks again where a metric with waiting usage turned out to be deleted. Never rejects. */
  async load(request: LoadRequest): Promise<LoadResult> {
    const { application, usage } = request
    const gone = new Set<string>()
    for (;;) {
      const result = await this.#loadOnce(request)
      if (application === undefined) return result
      application.service.ledger.markBusy(application)
      const deleted = result.caller?.kind === 'usage' ? result.caller.metric : undefined
      if (deleted === undefined) return result
      giveUpMetric(application, 'metric_gone', deleted)
      if (Object.hasOwn(usage, deleted) || gone.has(deleted)) return result
      gone.add(deleted)
    }
  }

  /** Proves usage, or shows what became of a report. False when no answer came. Never rejects. */
  async prove(application: ApplicationLedger): Promise<boolean> {
    const asked = this.#cache.callerFor(application)
    if (asked === undefined) return true
    const { credentials, referrer } = asked
    const known = application.id !== undefined
    const { caller } = await this.load({ credentials, referrer, usage: NO_USAGE, application, known })
    if (caller?.kind === 'denied' && caller.denial.code === UNKNOWN_KEY && 'userKey' in credentials) {
      this.#cache.noteUnknownKey(application)
    }
    return caller !== undefined && caller.kind !== 'provider'
  }

  async #loadOnce({
    credentials,
    referrer,
    usage,
    application,
    known,
    share,
    usageAlone = false,
  }: LoadRequest): Promise<LoadResult> {
    const { clock, backend, tell } = this.#options
    const { service, ledger } = this.#cache
    const asked: Record<string, number> = Object.create(null)
    if (application !== undefined && !usageAlone) for (const metric of metricsToProve(application)) asked[metric] = 0
    Object.assign(asked, usage)
    const stamp = ledger.ledger.stampQuestion()
    const tellAnswer = tell?.()
    if (application !== undefined) application.questions += 1
    const answer = await backend.ask({
      endpoint: 'authorize',
      client: service.client,
      service: service.id,
      credentials,
      call: { usage: asked, referrer, extensions: LEDGER_EXTENSIONS },
      known,
      // Not the share of requests that are asked about one by one: they must not keep the caller from being refreshed.
      share: share ?? `load ${identityText(credentials, referrer)}`,
    })
    if (application !== undefined) application.questions -= 1
    if (answer.kind !== 'verdict') return { answer, caller: undefined }
    // 3scale accepted the same input before, so what is not its answer is no verdict on this caller.
    if (known && isForeign(answer.verdict)) return { answer: FAILED, caller: undefined }
    const askedFor = { credentials, referrer, metrics: Object.keys(asked), stamp }
    const caller = learnVerdict(this.#cache, answer.verdict, askedFor, clock.now())
    if (tellAnswer !== undefined) await tellAnswer({ verdict: answer.verdict, asked: askedFor, caller, application })
    return { answer, caller }
  }
}
