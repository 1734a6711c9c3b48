/** `@threescale/koa`: 3scale decides about the requests of a Koa app, version 2 or 3. */
import { type Allowed, createGateway, type Gateway, type GatewayOptions, type RouteOptions } from '@threescale/core'
import { checkedOnDeny, checkFactoryArguments, type GuardOutcomes, guard, isGateway } from '@threescale/core/adapter'
import type { Middleware, Next } from 'koa'
import { deny, type OnDeny } from './answer.ts'
import { KoaRequestView, type KoaView } from './view.ts'

export type { OnDeny } from './answer.ts'
export { type KoaView, viewOf } from './view.ts'

declare module 'koa' {
  interface DefaultState {
    /** What 3scale's gateway allowed; absent where it let the request pass without asking. */
    threescale?: Allowed
  }
}

export interface KoaOptions extends GatewayOptions<KoaView> {
  /** What happens to a denied request. Default 'answer'. */
  readonly onDeny?: OnDeny | undefined
}

/** The middleware, with the gateway behind it. */
export interface ThreescaleMiddleware extends Middleware {
  /** Its `close()` is yours to call when the server stops. */
  readonly gateway: Gateway<KoaView>
  /**
   * The same gateway with other settings for a route: same client, cache and ledger. A request counts once, at the
   * first of both it meets, so such routes come before a general guard.
   */
  with(route: RouteOptions<KoaView>): ThreescaleMiddleware
}

/**
 * A middleware that lets a request through when 3scale allows it. Given a gateway it uses that one; given options it
 * makes its own. Used twice, one gateway counts a request once.
 *
 * @throws ConfigError that lists every problem of the options.
 */
export function threescale(
  options: KoaOptions | Gateway<KoaView>,
  settings: Pick<KoaOptions, 'onDeny'> = {},
): ThreescaleMiddleware {
  if (isGateway<KoaView>(options)) return createMiddleware(options, checkedOnDeny(settings.onDeny))
  checkFactoryArguments(options, typeof settings === 'function')
  const { onDeny, ...gatewayOptions } = options
  return createMiddleware(createGateway<KoaView>(gatewayOptions), checkedOnDeny(onDeny))
}

export default threescale

function createMiddleware(gateway: Gateway<KoaView>, onDeny: OnDeny): ThreescaleMiddleware {
  const outcomes = outcomesOf(onDeny)
  const threescale: Middleware = (ctx, next) => guard(gateway, new KoaRequestView(ctx, ctx.res), next, outcomes)
  return Object.assign(threescale, {
    gateway,
    with: (route: RouteOptions<KoaView>) => createMiddleware(gateway.with(route), onDeny),
  })
}

function outcomesOf(onDeny: OnDeny): GuardOutcomes<KoaRequestView, Next> {
  return {
    pass: (_view, next) => next(),
    allow({ ctx }, next, allowed) {
      ctx.state.threescale = allowed
      ctx.set(allowed.headers)
      return next()
    },
    deny: ({ ctx }, next, denied) => deny(onDeny, denied, ctx, next),
    leave({ ctx }) {
      // Keeps Koa from writing a 404 into a broken connection.
      ctx.respond = false
    },
    fail(_view, _next, error) {
      throw error
    },
  }
}
