/** Sets up a gateway: rooms, client, observer, and one route over them. */

import { GATEWAY_BRAND } from '../adapter/gateway-brand.ts'
import type { GatewayOptions } from '../configuration/options/gateway-options.ts'
import { redactOptions } from '../configuration/options/redact.ts'
import { resolveRoute } from '../configuration/options/resolve-options.ts'
import type { ResolvedOptions, ResolvedRoute } from '../configuration/options/resolved-options.ts'
import { createUsageReader, type UsageReader } from '../mapping/usage-reader.ts'
import type { RequestView } from '../request/request-view.ts'
import { checkSettings } from './check-settings.ts'
import { explain } from './explain.ts'
import type { Gateway } from './gateway.ts'
import { createRuntime, type GatewayRuntime } from './gateway-runtime.ts'
import { Route } from './route.ts'

/**
 * A gateway: decides about requests under the options of one or several 3scale services. It opens no socket, timer or
 * file before its first request; whoever creates it closes it.
 *
 * @throws ConfigError with every problem of the options at once.
 */
export function createGateway<View extends RequestView = RequestView>(options: GatewayOptions<View>): Gateway<View> {
  const runtime = createRuntime(options)
  return gatewayOf(runtime, runtime.options, Object.freeze({}))
}

function gatewayOf<View extends RequestView>(
  runtime: GatewayRuntime<View>,
  settings: ResolvedRoute<View>,
  /** The same object for all that `with` makes of one gateway. */
  family: object,
): Gateway<View> {
  const usage = usageOfRoute(runtime.options, settings)
  const route = new Route(runtime, settings, usage)
  const gateway: Gateway<View> & { readonly [GATEWAY_BRAND]: object } = {
    [GATEWAY_BRAND]: family,
    evaluate: (view) => route.evaluate(view),
    explain: (view) => explain(view, runtime, settings, route.policy, usage),
    settle: (decision, response) => route.settle(decision, response),
    with: (changed) => gatewayOf(runtime, resolveRoute(settings, changed), family),
    check: ({ credentials } = {}) => checkSettings(runtime.services, usage, credentials),
    stats: () => ({ usage: runtime.ledger.sums(), ...runtime.observer.counts() }),
    options: redactOptions({ ...runtime.options, ...settings }),
    close: (limits) => runtime.close(limits),
    async [Symbol.asyncDispose]() {
      await runtime.close()
    },
  }
  return Object.freeze(gateway)
}

/** Undefined where only each service's own configuration tells. */
function usageOfRoute<View extends RequestView>(
  { caseInsensitivePaths }: ResolvedOptions<View>,
  { usage, mappingRules }: ResolvedRoute<View>,
): UsageReader<View> | undefined {
  if (usage === undefined && mappingRules === undefined) return undefined
  return createUsageReader({ usage, mappingRules, caseInsensitivePaths })
}
