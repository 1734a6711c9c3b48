/** The hook that guards a Fastify scope, and the routes' own settings. */
import type { Gateway, RouteOptions } from '@threescale/core'
import { type GuardOutcomes, guard } from '@threescale/core/adapter'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { deny, type OnDeny } from './answer.ts'
import { type GuardHook, mayReadBody, routeMayReadBody } from './guard-hook.ts'
import { routerOptionsOf } from './router-path.ts'
import { FastifyRequestView, type FastifyView } from './view.ts'

export interface GuardSettings {
  readonly onDeny: OnDeny
  readonly global: boolean
  /** Undefined: the earliest at which everything that the gateway reads is there. */
  readonly hook: GuardHook | undefined
}

export function addGuard(app: FastifyInstance, gateway: Gateway<FastifyView>, settings: GuardSettings): void {
  const { global, hook = mayReadBody(gateway) ? 'preValidation' : 'onRequest' } = settings
  const outcomes = outcomesOf(settings.onDeny)
  const router = routerOptionsOf(app)
  const routes = new WeakMap<object, Gateway<FastifyView>>()
  /** Routes whose settings need the body, in a scope whose guard comes before it. */
  const lateRoutes = new WeakSet<object>()

  const gatewayOf = (route: RouteOptions<FastifyView>): Gateway<FastifyView> => {
    let found = routes.get(route)
    if (found === undefined) {
      found = gateway.with(route)
      routes.set(route, found)
    }
    return found
  }
  const ask = (request: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction): void => {
    const route = request.routeOptions.config.threescale
    const asked = route === undefined || route === false ? gateway : gatewayOf(route)
    guard(asked, new FastifyRequestView(request, reply, router), next, outcomes)
  }

  app.addHook('onRoute', (options) => {
    const route = options.config?.threescale
    if (!route) return
    // A route's mistakes show when it is declared, not at its first request.
    gatewayOf(route)
    if (settings.hook !== undefined || hook !== 'onRequest' || !routeMayReadBody(route)) return
    lateRoutes.add(route)
    options.preValidation = [ask, ...[options.preValidation ?? []].flat()]
  })
  // Callback-style, and before the body is read where that is possible: an unknown caller must not make us parse.
  const early = (request: FastifyRequest, reply: FastifyReply, ...rest: unknown[]): void => {
    const next = rest.at(-1) as HookHandlerDoneFunction
    const route = request.routeOptions.config.threescale
    if (route === false || (route === undefined ? !global : lateRoutes.has(route))) next()
    else ask(request, reply, next)
  }
  if (hook === 'preParsing') app.addHook(hook, (request, reply, _payload, next) => early(request, reply, next))
  else app.addHook(hook as 'onRequest', (request, reply, next) => early(request, reply, next))
}

function outcomesOf(onDeny: OnDeny): GuardOutcomes<FastifyRequestView, HookHandlerDoneFunction> {
  return {
    pass: (_view, next) => next(),
    allow({ request, reply }, next, allowed) {
      request.threescale = allowed
      reply.headers(allowed.headers)
      next()
    },
    deny: ({ request, reply }, _next, denied) => deny(onDeny, denied, request, reply),
    leave: ({ reply }) => reply.hijack(),
    fail: (_view, next, error) => next(error as Error),
    header: ({ reply }, name) => reply.getHeader(name) ?? reply.raw.getHeader(name),
  }
}
