/** Creates a gateway: its runtime, and a route on it. */

import { GATEWAY_BRAND, type GatewayFamily } from '../adapter/gateway-brand.ts'
import type { GatewayOptions } from '../configuration/options/gateway-options.ts'
import { redactOptions } from '../configuration/options/redact.ts'
import { resolveRoute } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions, ResolvedRoute } from '../configuration/options/resolved-options.ts'
import { createUsageReader, type UsageReader } from '../mapping/usage-reader.ts'
import type { RequestView } from '../request/request-view.ts'
import { checkSettings } from './check-settings.ts'
import { noteCreation } from './creation-rate.ts'
import { explain } from './explain.ts'
import type { Gateway } from './gateway.ts'
import { createRuntime, type GatewayRuntime } from './gateway-runtime.ts'
import { Route } from './route.ts'

/**
 * Creates a gateway, which decides about the requests of one or several 3scale services. It opens no socket, timer or
 * file before its first request or `ready`, besides reading `configFile`. Call `close` when it is not needed any more.
 *
 * @throws ConfigError with every problem of the options.
 */
export function createGateway<View extends RequestView = RequestView>(options: GatewayOptions<View>): Gateway<View> {
  const runtime = createRuntime(options)
  noteCreation(runtime.options.clock.elapsed())
  const family: GatewayFamily & { root: object } = {
    root: runtime,
    responses: runtime.responses,
    responseNeed: (decision) => runtime.afterResponse.needOf(decision),
    ended: (decision, finished) => runtime.afterResponse.ended(decision, finished),
    countedBefore: () =>
      runtime.observer.warn(
        'THREESCALE_COUNTED_BEFORE',
        'a request was counted by the general guard before it met a route with settings of its own; guard such routes first',
      ),
  }
  const gateway = gatewayOf(runtime, runtime.options, family)
  family.root = gateway
  return gateway
}

function gatewayOf<View extends RequestView>(
  runtime: GatewayRuntime<View>,
  settings: ResolvedRoute<View>,
  /** One object for a gateway and all gateways that `with` makes from it. */
  family: GatewayFamily,
): Gateway<View> {
  const usage = usageOfRoute(runtime.options, settings)
  const route = new Route(runtime, settings, usage)
  const gateway: Gateway<View> & { readonly [GATEWAY_BRAND]: GatewayFamily } = {
    [GATEWAY_BRAND]: family,
    evaluate: (view) => route.evaluate(view),
    explain: (view) => explain(view, runtime, settings, route.policy, usage),
    settle: (decision, response) => runtime.afterResponse.settle(decision, response),
    with: (changed) => gatewayOf(runtime, resolveRoute(settings, changed), family),
    check: ({ credentials } = {}) => checkSettings(runtime.served, usage, credentials),
    ready: () => runtime.configuration.ready(),
    reload: () => runtime.configuration.reload(),
    stats: () => statsOf(runtime),
    options: redactOptions({ ...runtime.options, ...settings }),
    flush: (limit) => runtime.flush(limit),
    close: (limit) => runtime.close(limit),
    async [Symbol.asyncDispose]() {
      await runtime.close()
    },
  }
  return Object.freeze(gateway)
}

function statsOf<View extends RequestView>({
  ledger,
  store,
  journal,
  observer,
  breaker,
  options,
}: GatewayRuntime<View>) {
  const oldest = Math.min(ledger.earliestWaiting(), store?.earliestWaiting() ?? Number.POSITIVE_INFINITY)
  return {
    usage: store?.sums() ?? ledger.sums(),
    ...observer.counts(),
    breaker: breaker?.state.kind,
    applications: ledger.eviction.size,
    oldestPendingMs: oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(0, options.clock.now() - oldest),
    journal: journal?.stats(),
    store: store?.stats(),
  }
}

/** Undefined if each service's own configuration decides. */
function usageOfRoute<View extends RequestView>(
  { caseInsensitivePaths }: ResolvedOptions<View>,
  { usage, mappingRules }: ResolvedRoute<View>,
): UsageReader<View> | undefined {
  if (usage === undefined && mappingRules === undefined) return undefined
  return createUsageReader({ usage, mappingRules, caseInsensitivePaths })
}
