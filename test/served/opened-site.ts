/** A planned site in service: its rules and prices at their mount, and a caller. */
import type { MappingRule } from '@threescale/core'
import { quietLogger } from '../support/quiet-logger.ts'
import { type Backend, SERVICE, TOKEN } from './backend.ts'
import { injector } from './injector.ts'
import type { OddRequest } from './odd-request.ts'
import { overHttp2 } from './over-http2.ts'
import type { PlainRequest } from './route-set.ts'
import { type SitePlan, servedField } from './site.ts'
import type { PlannedSite } from './sites/all.ts'

export interface OpenedSite {
  /** A plain request for each price, by what an answer to it has to say. */
  readonly offers: ReadonlyMap<string, PlainRequest>
  /** What the handler said, undefined if none was reached. */
  ask(request: OddRequest): Promise<string | undefined>
  close(): Promise<void>
}

const EVERYTHING: MappingRule = { method: 'ANY', pattern: '/', metric: 'hits' }

export async function openSite({ make, plan }: PlannedSite, backend: Backend): Promise<OpenedSite> {
  const rules = plan.set.rules.map((rule) => ({ ...rule, pattern: (plan.mount?.rule ?? '') + rule.pattern }))
  const site = await make(plan, {
    serviceId: SERVICE,
    serviceToken: TOKEN,
    backendUrl: backend.url,
    credentials: { in: ['headers'], names: { userKey: 'x-key' } },
    mappingRules: plan.everything ? [EVERYTHING, ...rules] : rules,
    metrics: backend.metrics,
    caseInsensitivePaths: plan.caseInsensitivePaths,
    cache: true,
    report: { intervalMs: 3_600_000 },
    logger: quietLogger,
  })
  const caller = plan.http2 ? await overHttp2(site.dispatch) : injector(site.dispatch)
  return {
    offers: offersOf(plan),
    ask: (request) => caller.ask({ ...request, headers: { ...request.headers, 'x-key': 'caller-key' } }),
    async close() {
      await caller.close()
      await site.close()
    },
  }
}

function offersOf({ set, mount, everything }: SitePlan): Map<string, PlainRequest> {
  const prices = set.routes.flatMap((route) => Object.entries(route.prices))
  return new Map(
    prices.map(([name, { usage, plain }]) => [
      servedField(name, everything ? { ...usage, hits: 1 } : usage),
      { ...plain, target: (mount?.plain ?? '') + plain.target },
    ]),
  )
}
