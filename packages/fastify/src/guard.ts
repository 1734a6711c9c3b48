/** The hook that guards a Fastify scope, and the routes' own settings. */
import type { Gateway, RouteOptions } from '@threescale/core'
import { type GuardOutcomes, guard } from '@threescale/core/adapter'
import type { FastifyInstance, HookHandlerDoneFunction, onRequestHookHandler } from 'fastify'
import { deny, type OnDeny } from './answer.ts'
import { FastifyRequestView, type FastifyView } from './view.ts'

export function addGuard(
  app: FastifyInstance,
  gateway: Gateway<FastifyView>,
  settings: { readonly onDeny: OnDeny; readonly global: boolean },
): void {
  const routes = new WeakMap<object, Gateway<FastifyView>>()
  const gatewayOf = (route: RouteOptions<FastifyView>): Gateway<FastifyView> => {
    let found = routes.get(route)
    if (found === undefined) {
      found = gateway.with(route)
      routes.set(route, found)
    }
    return found
  }
  // A route's mistakes show when it is declared, not at its first request.
  app.addHook('onRoute', ({ config }) => {
    if (config?.threescale) gatewayOf(config.threescale)
  })

  const outcomes = outcomesOf(settings.onDeny)
  const hook: onRequestHookHandler = (request, reply, next) => {
    const route = request.routeOptions.config.threescale
    if (route === false || (route === undefined && !settings.global)) return next()
    const asked = route === undefined ? gateway : gatewayOf(route)
    guard(asked, new FastifyRequestView(request, reply), next, outcomes)
  }
  // Callback-style and before the body is read, so that strangers do not make us parse; only a form has to be read first.
  if (readsForm(gateway)) app.addHook('preValidation', hook)
  else app.addHook('onRequest', hook)
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

function readsForm({ options: { credentials } }: Gateway<FastifyView>): boolean {
  return typeof credentials === 'object' && credentials.in.includes('form')
}
