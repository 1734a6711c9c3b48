/** Asks the backend by authorize, which counts nothing and is safe to repeat, and remembers whatever the answer teaches. */

import type { Backend, BackendAnswer } from '../../backend/backend.ts'
import type { AuthorizeCall } from '../../client/client.ts'
import type { Credentials } from '../../domain/credentials.ts'
import { type Usage, usageOf } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { giveUpMetric } from '../../ledger/usage/losses.ts'
import { waitingMetrics } from '../../ledger/usage/take-batches.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { CallerStatus, ServiceCache } from './service-cache.ts'
import type { ServiceCaches } from './service-caches.ts'

/** An answer with a verdict always teaches something. */
export type LoadResult =
  | { readonly answer: Extract<BackendAnswer, { kind: 'verdict' }>; readonly caller: CallerStatus }
  | { readonly answer: Exclude<BackendAnswer, { kind: 'verdict' }>; readonly caller: undefined }

export interface LoadRequest {
  readonly credentials: Credentials
  readonly referrer: string | undefined
  readonly usage: Usage
  /** The count of his application, where it is kept. */
  readonly application: ApplicationLedger | undefined
  /** The caller was let in before. */
  readonly known: boolean
  /** What the application has waiting is not proved on the way. Default false. */
  readonly usageAlone?: boolean
}

export interface CacheLoaderOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly backend: Backend
  readonly caches: ServiceCaches
}

/** Asked about nobody's usage, for what the answer shows of the application. */
export const NO_USAGE: Usage = usageOf([])

const EXTENSIONS: AuthorizeCall['extensions'] = Object.freeze({
  hierarchy: true,
  listAppKeys: true,
  limitHeaders: true,
  rejectionReasonHeader: true,
})

export class CacheLoader {
  readonly #options: CacheLoaderOptions

  constructor(options: CacheLoaderOptions) {
    this.#options = options
  }

  /** One question; again where a metric that waits to be reported turned out to be gone. Never rejects. */
  async ask(cache: ServiceCache, request: LoadRequest): Promise<LoadResult> {
    const { application, usage } = request
    for (;;) {
      const result = await this.#askOnce(cache, request)
      if (application === undefined) return result
      const { ledger } = this.#options
      ledger.markBusy(application)
      const gone = result.caller?.kind === 'usage' ? result.caller.metric : undefined
      if (gone === undefined) return result
      giveUpMetric(application, 'metric_gone', gone)
      if (Object.hasOwn(usage, gone)) return result
    }
  }

  /** Proves waiting usage, or shows what became of a report without an answer. Never rejects. */
  async askAbout(application: ApplicationLedger): Promise<void> {
    const spokesman = this.#options.caches.callerFor(application)
    if (spokesman === undefined) return
    const { cache, asked } = spokesman
    const { credentials, referrer } = asked
    const known = application.id !== undefined
    await this.ask(cache, { credentials, referrer, usage: NO_USAGE, application: application, known })
  }

  async #askOnce(
    cache: ServiceCache,
    { credentials, referrer, usage, application, known, usageAlone = false }: LoadRequest,
  ): Promise<LoadResult> {
    const { ledger, clock, backend } = this.#options
    const asked: Record<string, number> = Object.create(null)
    if (application !== undefined && !usageAlone) for (const metric of waitingMetrics(application)) asked[metric] = 0
    Object.assign(asked, usage)
    const stamp = ledger.stampQuestion()
    if (application !== undefined) application.questions += 1
    const answer = await backend.ask({
      endpoint: 'authorize',
      client: cache.service.client,
      service: cache.service.id,
      credentials,
      call: { usage: asked, referrer, extensions: EXTENSIONS },
      known,
    })
    if (application !== undefined) application.questions -= 1
    if (answer.kind !== 'verdict') return { answer, caller: undefined }
    const metrics = Object.keys(asked)
    return { answer, caller: cache.learn(answer.verdict, { credentials, referrer, metrics, stamp }, clock.now()) }
  }
}
