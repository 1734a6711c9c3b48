/** Asks the backend by authorize, which counts nothing and is safe to repeat, and remembers whatever the answer teaches. */

import type { Backend, BackendAnswer } from '../../backend/backend.ts'
import type { AuthorizeCall } from '../../client/client.ts'
import type { Credentials } from '../../domain/credentials.ts'
import { type Usage, usageOf } from '../../domain/usage.ts'
import type { Application } from '../../ledger/application-ledger.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { giveUpMetric } from '../../ledger/usage/losses.ts'
import { waitingMetrics } from '../../ledger/usage/take-batches.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { Lesson, ServiceCache } from './service-cache.ts'
import type { ServiceCaches } from './service-caches.ts'

/** An answer with a verdict always teaches something. */
export type Answered =
  | { readonly answer: Extract<BackendAnswer, { kind: 'verdict' }>; readonly lesson: Lesson }
  | { readonly answer: Exclude<BackendAnswer, { kind: 'verdict' }>; readonly lesson: undefined }

export interface Enquiry {
  readonly credentials: Credentials
  readonly referrer: string | undefined
  readonly usage: Usage
  /** The count of his application, where it is kept. */
  readonly account: Application | undefined
  /** The caller was let in before. */
  readonly known: boolean
  /** What the application has waiting is not proved on the way. Default false. */
  readonly usageAlone?: boolean
}

export interface QuestionsOptions {
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

export class Questions {
  readonly #options: QuestionsOptions

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** One question; again where a metric that waits to be reported turned out to be gone. Never rejects. */
  async ask(cache: ServiceCache, enquiry: Enquiry): Promise<Answered> {
    const { account, usage } = enquiry
    for (;;) {
      const answered = await this.#askOnce(cache, enquiry)
      if (account === undefined) return answered
      const { ledger } = this.#options
      ledger.markBusy(account)
      const gone = answered.lesson?.kind === 'usage' ? answered.lesson.metric : undefined
      if (gone === undefined) return answered
      giveUpMetric(account, 'metric_gone', gone)
      if (Object.hasOwn(usage, gone)) return answered
    }
  }

  /** Proves waiting usage, or shows what became of a report without an answer. Never rejects. */
  async askAbout(application: Application): Promise<void> {
    const spokesman = this.#options.caches.spokesmanOf(application)
    if (spokesman === undefined) return
    const { cache, asked } = spokesman
    const { credentials, referrer } = asked
    const known = application.id !== undefined
    await this.ask(cache, { credentials, referrer, usage: NO_USAGE, account: application, known })
  }

  async #askOnce(
    cache: ServiceCache,
    { credentials, referrer, usage, account, known, usageAlone = false }: Enquiry,
  ): Promise<Answered> {
    const { ledger, clock, backend } = this.#options
    const asked: Record<string, number> = Object.create(null)
    if (account !== undefined && !usageAlone) for (const metric of waitingMetrics(account)) asked[metric] = 0
    Object.assign(asked, usage)
    const opened = ledger.openQuestion()
    if (account !== undefined) account.questions += 1
    const answer = await backend.ask({
      endpoint: 'authorize',
      client: cache.service.client,
      service: cache.service.id,
      credentials,
      call: { usage: asked, referrer, extensions: EXTENSIONS },
      known,
    })
    if (account !== undefined) account.questions -= 1
    if (answer.kind !== 'verdict') return { answer, lesson: undefined }
    const metrics = Object.keys(asked)
    return { answer, lesson: cache.learn(answer.verdict, { credentials, referrer, metrics, opened }, clock.now()) }
  }
}
