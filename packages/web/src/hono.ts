/** `@threescale/web/hono`: 3scale decides about the requests of a Hono app on `@hono/node-server`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Allowed,
  ConfigError,
  createGateway,
  type Denied,
  type Gateway,
  type GatewayOptions,
  type RouteOptions,
} from '@threescale/core'
import {
  checkedOnDeny,
  checkFactoryArguments,
  endUpload,
  type GuardOutcomes,
  guard,
  isGateway,
} from '@threescale/core/adapter'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { answerOf, WebDenialError } from './answer.ts'
import { formOf } from './hono-form.ts'
import { HonoRequestView, type HonoView } from './hono-view.ts'

export type { HonoView } from './hono-view.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** What 3scale's gateway allowed; absent where it let the request pass without asking. */
    threescale?: Allowed
  }
}

/**
 * What happens to a denied request. 'answer' gives the denial as the response. 'throw' hands a `DenialError` to Hono's
 * error handling. A function gives the response; where it gives none, the denial is the response. Default 'answer'.
 */
export type OnDeny = 'answer' | 'throw' | ((denied: Denied, context: Context, next: Next) => unknown)

export interface HonoOptions extends GatewayOptions<HonoView> {
  /** What happens to a denied request. Default 'answer'. */
  readonly onDeny?: OnDeny | undefined
}

/** The middleware, with the gateway behind it. */
export interface ThreescaleMiddleware extends MiddlewareHandler {
  /** Its `close()` is yours to call when the server stops. */
  readonly gateway: Gateway<HonoView>
  /**
   * The same gateway with other settings for a route: same client, cache and ledger. A request counts once, at the
   * first of both it meets, so such routes come before a general guard.
   */
  with(route: RouteOptions<HonoView>): ThreescaleMiddleware
}

/**
 * A middleware that lets a request through when 3scale allows it. Given a gateway it uses that one; given options it
 * makes its own. Used twice, one gateway counts a request once. It needs the bindings of `@hono/node-server`; on another
 * server each request fails.
 *
 * @throws ConfigError that lists every problem of the options.
 */
export function honoThreescale(
  options: HonoOptions | Gateway<HonoView>,
  settings: Pick<HonoOptions, 'onDeny'> = {},
): ThreescaleMiddleware {
  if (isGateway<HonoView>(options)) return createMiddleware(options, checkedOnDeny(settings.onDeny))
  checkFactoryArguments(options, typeof settings === 'function')
  const { onDeny, ...gatewayOptions } = options
  return createMiddleware(createGateway<HonoView>(gatewayOptions), checkedOnDeny(onDeny))
}

export default honoThreescale

/** What @hono/node-server passes to a handler. */
interface Bindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

function createMiddleware(gateway: Gateway<HonoView>, onDeny: OnDeny): ThreescaleMiddleware {
  const outcomes = outcomesOf(onDeny)
  const threescale: MiddlewareHandler = async (context, next) => {
    const { incoming, outgoing } = (context.env ?? {}) as Bindings
    if (incoming === undefined || outgoing === undefined) {
      throw new ConfigError(['honoThreescale needs @hono/node-server; elsewhere use protect of @threescale/web'])
    }
    try {
      const form = await formOf(context.req, gateway.options)
      const view = new HonoRequestView(context, incoming, outgoing, form)
      return (await guard(gateway, view, next, outcomes)) as Response | undefined
    } catch (error) {
      // The app hears of it, and what it answers goes nowhere.
      if (outgoing.writableEnded) silence(outgoing)
      throw error
    }
  }
  return Object.assign(threescale, {
    gateway,
    with: (route: RouteOptions<HonoView>) => createMiddleware(gateway.with(route), onDeny),
  })
}

function outcomesOf(onDeny: OnDeny): GuardOutcomes<HonoRequestView, Next> {
  return {
    pass: (_view, next) => next(),
    async allow({ context }, next, allowed) {
      context.set('threescale', allowed)
      await next()
      // Afterwards, because a handler may give a Response of its own. Fields that it has set stay.
      for (const name in allowed.headers) {
        if (!context.res.headers.has(name)) context.header(name, allowed.headers[name])
      }
    },
    async deny({ context, raw, response }, next, denied) {
      endUpload(raw, response)
      if (onDeny === 'throw') throw new WebDenialError(denied)
      const given = onDeny === 'answer' ? undefined : await onDeny(denied, context, next)
      if (response.writableEnded) silence(response)
      return given instanceof Response ? given : answerOf(denied)
    },
    leave({ response }) {
      silence(response)
      return new Response(null)
    },
    fail(_view, _next, error) {
      throw error
    },
    header: ({ context, response }, name) => context.res.headers.get(name) ?? response.getHeader(name),
  }
}

/** For an answer that is over: whatever Response the app gives, and middleware makes of it, @hono/node-server writes it. */
function silence(response: ServerResponse): void {
  const nothing = () => response
  Object.assign(response, { writeHead: nothing, flushHeaders: nothing, write: () => true, end: nothing })
}
