/** `@threescale/express`: 3scale decides about the requests of an Express app, version 4 or 5. */
import { type Allowed, createGateway, type Gateway, type GatewayOptions, type RouteOptions } from '@threescale/core'
import { checkedOnDeny, checkFactoryArguments, type GuardOutcomes, guard, isGateway } from '@threescale/core/adapter'
import type { NextFunction, RequestHandler } from 'express'
import { addHeaders, deny, type OnDeny } from './answer.ts'
import { ExpressRequestView, type ExpressView } from './view.ts'

export type { OnDeny } from './answer.ts'
export { type ExpressView, viewOf } from './view.ts'

declare global {
  namespace Express {
    interface Request {
      /** What 3scale's gateway allowed; absent where it let the request pass without asking. */
      threescale?: Allowed
    }
  }
}

export interface ExpressOptions extends GatewayOptions<ExpressView> {
  /** What happens to a denied request. Default 'answer'. */
  readonly onDeny?: OnDeny | undefined
}

/** The middleware, with the gateway behind it. */
export interface ThreescaleHandler extends RequestHandler {
  /** Its `close()` is yours to call when the server stops. */
  readonly gateway: Gateway<ExpressView>
  /**
   * The same gateway with other settings for a route: same client, cache and ledger. A request counts once, at the
   * first of both it meets, so such routes come before a general guard.
   */
  with(route: RouteOptions<ExpressView>): ThreescaleHandler
}

/**
 * A middleware that lets a request through when 3scale allows it. Given a gateway it uses that one; given options it
 * makes its own. Mounted twice, one gateway counts a request once.
 *
 * @throws ConfigError that lists every problem of the options.
 */
export function threescale(
  options: ExpressOptions | Gateway<ExpressView>,
  settings: Pick<ExpressOptions, 'onDeny'> = {},
): ThreescaleHandler {
  if (isGateway<ExpressView>(options)) return createHandler(options, checkedOnDeny(settings.onDeny))
  checkFactoryArguments(options, isRequest(options))
  const { onDeny, ...gatewayOptions } = options
  return createHandler(createGateway<ExpressView>(gatewayOptions), checkedOnDeny(onDeny))
}

export default threescale

function createHandler(gateway: Gateway<ExpressView>, onDeny: OnDeny): ThreescaleHandler {
  const outcomes = outcomesOf(onDeny)
  const threescale: RequestHandler = (request, response, next) => {
    guard(gateway, new ExpressRequestView(request, response), next, outcomes)
  }
  return Object.assign(threescale, {
    gateway,
    with: (route: RouteOptions<ExpressView>) => createHandler(gateway.with(route), onDeny),
  })
}

function outcomesOf(onDeny: OnDeny): GuardOutcomes<ExpressRequestView, NextFunction> {
  return {
    pass: (_view, next) => next(),
    allow({ request, response }, next, allowed) {
      request.threescale = allowed
      if (!response.headersSent) addHeaders(response, allowed.headers)
      next()
    },
    deny: ({ request, response }, next, denied) => deny(onDeny, denied, request, response, next),
    leave() {},
    fail: (_view, next, error) => next(error),
  }
}

function isRequest(options: unknown): boolean {
  return (options as { httpVersion?: unknown } | null | undefined)?.httpVersion !== undefined
}
