/** The hook that guards a Fastify scope, and the routes' own settings. */
import type { Gateway, RouteOptions } from '@threescale/core'
import { type GuardOutcomes, guard } from '@threescale/core/adapter'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { deny, type OnDeny } from './answer.ts'
import { type GuardHook, mayReadBody, routeMayReadBody } from './guard-hook.ts'
import { routerOptionsOf } from './router-path.ts'
import { FastifyRequestView, type FastifyView, hasEmptyParameter } from './view.ts'

export interface GuardSettings {
  readonly onDeny: OnDeny
  readonly global: boolean
  /** Undefined: the earliest at which everything that the gateway reads is there. */
  readonly hook: GuardHook | undefined
}

/** A gateway with a route's settings. */
interface GuardedRoute {
  readonly gateway: Gateway<FastifyView>
  /** Whether it has to wait for the body, in a scope whose guard comes before it. */
  readonly late: boolean
}

export function addGuard(app: FastifyInstance, gateway: Gateway<FastifyView>, settings: GuardSettings): void {
  const { global, hook = mayReadBody(gateway) ? 'preValidation' : 'onRequest' } = settings
  const outcomes = outcomesOf(settings.onDeny)
  const router = routerOptionsOf(app)
  // A schema may make something else of an empty parameter, which would hide it from rules.
  const emptied = hook === 'preHandler' ? new WeakSet<FastifyRequest>() : undefined
  const general: GuardedRoute = { gateway, late: false }
  const routes = new WeakMap<object, GuardedRoute>()
  /** Whether any route was found that has to wait for the body. */
  let someLate = false
  const routeOf = (route: RouteOptions<FastifyView>): GuardedRoute => {
    let found = routes.get(route)
    if (found === undefined) {
      const late = settings.hook === undefined && hook === 'onRequest' && routeMayReadBody(route)
      found = { gateway: gateway.with(route), late }
      routes.set(route, found)
      someLate ||= late
    }
    return found
  }

  app.addHook('onRoute', ({ config }) => {
    // A route's mistakes show when it is declared, not at its first request.
    if (config?.threescale) routeOf(config.threescale)
  })
  // Callback-style, and before the body is read where that is possible: an unknown caller must not make us parse.
  const decide = (late: boolean, request: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction): void => {
    const route = request.routeOptions.config.threescale
    const unguarded = route === false || (route === undefined && !global)
    const guarded = route ? routeOf(route) : general
    if (unguarded || guarded.late !== late) next()
    else guard(guarded.gateway, new FastifyRequestView(request, reply, router, emptied), next, outcomes)
  }
  if (emptied !== undefined) {
    app.addHook('onRequest', (request, _reply, next) => {
      if (hasEmptyParameter(request)) emptied.add(request)
      next()
    })
  }
  if (hook === 'preParsing') app.addHook(hook, (request, reply, _payload, next) => decide(false, request, reply, next))
  else app.addHook(hook as 'onRequest', (request, reply, next) => decide(false, request, reply, next))
  // Of the scope, because a hook of a route could be replaced, and routes may have been declared before this plugin.
  if (settings.hook === undefined && hook === 'onRequest') {
    // The first hook has looked at the route before.
    app.addHook('preValidation', (request, reply, next) => (someLate ? decide(true, request, reply, next) : next()))
  }
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
