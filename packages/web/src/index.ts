/** `@threescale/web`: 3scale decides about requests of handlers that take a Request and give a Response. */
import {
  type Allowed,
  createGateway,
  type Denied,
  type Gateway,
  type GatewayOptions,
  type RouteOptions,
} from '@threescale/core'
import { checkedOnDeny, checkFactoryArguments, isGateway } from '@threescale/core/adapter'
import { answerOf, WebDenialError } from './answer.ts'
import { guard } from './guard.ts'
import { FetchRequestView, type WebView } from './view.ts'

export type { WebView } from './view.ts'

/**
 * What happens to a denied request. 'answer' gives the denial as the response. 'throw' throws a `DenialError`. A function
 * gives the response; where it gives none, the denial is the response. Default 'answer'.
 */
export type OnDeny = 'answer' | 'throw' | ((denied: Denied, request: Request) => unknown)

export interface WebOptions extends GatewayOptions<WebView> {
  /** What happens to a denied request. Default 'answer'. */
  readonly onDeny?: OnDeny | undefined
}

/** Guards handlers, with the gateway behind it. */
export interface ThreescaleGuard {
  /** Its `close()` is yours to call when the server stops. */
  readonly gateway: Gateway<WebView>
  /** The same gateway with other settings for a route: same client, cache and ledger. */
  with(route: RouteOptions<WebView>): ThreescaleGuard
  /**
   * Lets `next` answer where 3scale allows the request.
   *
   * @param next gets the decision, undefined where the gateway let the request pass without asking, and the request, which
   * is another one after `stripCredentials`.
   */
  protect(
    request: Request,
    next: (allowed: Allowed | undefined, request: Request) => Response | Promise<Response>,
  ): Promise<Response>
  /**
   * Wraps a handler of a server or a framework that calls it with a request and one more argument.
   *
   * @param handler gets what it would get without the guard, and behind that the decision.
   */
  wrap<Given extends Request, Context>(
    handler: (request: Given, context: Context, allowed: Allowed | undefined) => Response | Promise<Response>,
  ): (request: Given, context: Context) => Promise<Response>
}

/**
 * Makes a guard. Given a gateway it uses that one; given options it makes its own.
 *
 * @throws ConfigError that lists every problem of the options.
 */
export function threescale(
  options: WebOptions | Gateway<WebView>,
  settings: Pick<WebOptions, 'onDeny'> = {},
): ThreescaleGuard {
  if (isGateway<WebView>(options)) return createGuard(options, checkedOnDeny(settings.onDeny))
  checkFactoryArguments(options, options instanceof Request)
  const { onDeny, ...gatewayOptions } = options
  return createGuard(createGateway<WebView>(gatewayOptions), checkedOnDeny(onDeny))
}

export default threescale

function createGuard(gateway: Gateway<WebView>, onDeny: OnDeny): ThreescaleGuard {
  const protect: ThreescaleGuard['protect'] = (request, next) => {
    const view = new FetchRequestView(request)
    return guard(gateway, view, {
      handle: (allowed) => next(allowed, view.request),
      deny: (denied) => deny(onDeny, denied, view.request),
    })
  }
  return {
    gateway,
    with: (route) => createGuard(gateway.with(route), onDeny),
    protect,
    wrap: (handler) => (request, context) =>
      protect(request, (allowed, passed) => handler(passed as typeof request, context, allowed)),
  }
}

async function deny(onDeny: OnDeny, denied: Denied, request: Request): Promise<Response> {
  if (onDeny === 'throw') throw new WebDenialError(denied)
  const given = onDeny === 'answer' ? undefined : await onDeny(denied, request)
  return given instanceof Response ? given : answerOf(denied)
}
