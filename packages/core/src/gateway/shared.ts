/** What all routes of one gateway share: one client, one ledger, one reporter (law 14). */
import type { Authorizer } from '../authorization/authorizer.ts'
import { createDirectAuthorizer } from '../authorization/direct.ts'
import { createObserver, type Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import { resolveOptions } from '../options/resolve-options.ts'
import type { ResolvedOptions } from '../options/resolved-options.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import type { RequestView } from '../request-view.ts'
import { type AfterResponse, createAfterResponse } from './after-response.ts'
import { createFronts, type GivenOptions } from './fronts.ts'
import { createFrontPicker, type Front, type FrontPicker } from './services.ts'

export interface Shared<View extends RequestView> {
  readonly options: ResolvedOptions<View>
  readonly fronts: readonly Front<View>[]
  readonly pick: FrontPicker<View>
  /** How requests are denied that belong to no service. */
  readonly fallback: { readonly rejection: Rejection }
  readonly authorizer: Authorizer
  readonly afterResponse: AfterResponse<View>
  readonly observer: Observer
  /** From the call of `close` on, every request is denied. */
  readonly closed: boolean
  close(limits?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
}

/** @throws ConfigError with every problem of the options. */
export function createShared<View extends RequestView>(given: GivenOptions<View>): Shared<View> {
  const options = resolveOptions(given)
  const { fronts, ownClients, warnings } = createFronts(given, options)
  const observer = createObserver({ ...options, warnings: [...options.warnings, ...warnings] })
  const authorizer = createDirectAuthorizer(options.clock, observer)
  const afterResponse = createAfterResponse<View>(authorizer, observer)
  let closing: Promise<CloseReport> | undefined

  async function end(): Promise<CloseReport> {
    await afterResponse.idle()
    await Promise.all(ownClients.map((client) => client.close()))
    return { undelivered: {} }
  }

  return {
    options,
    fronts,
    pick: createFrontPicker(fronts),
    fallback: { rejection: createRejection(options) },
    authorizer,
    afterResponse,
    observer,
    get closed() {
      return closing !== undefined
    },
    close() {
      closing ??= end()
      return closing
    },
  }
}
