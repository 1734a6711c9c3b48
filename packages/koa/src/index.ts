/** `@threescale/koa`: 3scale decides about the requests of a Koa app, version 2 or 3. */
import {
  type Allowed,
  ConfigError,
  createGateway,
  type Decision,
  type Gateway,
  type GatewayOptions,
  type RouteOptions,
} from '@threescale/core'
import { firstAsked, followResponse, isClientGone, isGateway, isPromise, responseView } from '@threescale/core/adapter'
import type { Middleware } from 'koa'
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
  if (isGateway<KoaView>(options)) return createMiddleware(options, checked(settings.onDeny))
  const { onDeny, ...gatewayOptions } = options
  return createMiddleware(createGateway<KoaView>(gatewayOptions), checked(onDeny))
}

export default threescale

function createMiddleware(gateway: Gateway<KoaView>, onDeny: OnDeny): ThreescaleMiddleware {
  const threescale: Middleware = (ctx, next) => {
    const { req, res } = ctx
    if (!firstAsked(req, gateway)) return next()
    const proceed = (decision: Decision): unknown => {
      if (decision.outcome === 'skip') return next()
      if (decision.outcome === 'allow') {
        // After `await next()` nothing is sent yet, so the raw response tells when it has ended.
        const open = followResponse(req, res, (finished) => gateway.settle(decision, responseView(res, finished)))
        // Nobody waits for the handler's work once the client is gone.
        if (!open) return leave(ctx)
        ctx.state.threescale = decision
        ctx.set(decision.headers)
        return next()
      }
      if (decision.code === 'client_closed_request' || isClientGone(req, res)) return leave(ctx)
      return deny(onDeny, decision, ctx, next)
    }
    const decision = gateway.evaluate(new KoaRequestView(ctx, res))
    return isPromise(decision) ? decision.then(proceed) : proceed(decision)
  }
  return Object.assign(threescale, {
    gateway,
    with: (route: RouteOptions<KoaView>) => createMiddleware(gateway.with(route), onDeny),
  })
}

/** Keeps Koa from writing a 404 into a broken connection. */
function leave(ctx: { respond?: boolean | undefined }): void {
  ctx.respond = false
}

function checked(onDeny: OnDeny = 'answer'): OnDeny {
  if (onDeny === 'answer' || onDeny === 'throw' || typeof onDeny === 'function') return onDeny
  throw new ConfigError(["onDeny: must be 'answer', 'throw' or a function"])
}
