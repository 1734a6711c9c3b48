/** The hook that guards a Fastify scope, and the routes' own settings. */
import type { Decision, Gateway, RouteOptions } from '@threescale/core'
import { firstAsked, followResponse, isClientGone, isPromise, responseView } from '@threescale/core/adapter'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { deny, type OnDeny } from './answer.ts'
import { FastifyRequestView, type FastifyView } from './view.ts'

export function createGuard(
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

  const guard: onRequestHookHandler = (request, reply, next) => {
    const route = request.routeOptions.config.threescale
    if (route === false || (route === undefined && !settings.global)) return next()
    const asked = route === undefined ? gateway : gatewayOf(route)
    if (!firstAsked(request.raw, asked)) return next()
    const proceed = (decision: Decision): unknown => {
      if (decision.outcome === 'skip') return next()
      if (decision.outcome === 'allow') {
        const header = (name: string) => reply.getHeader(name) ?? reply.raw.getHeader(name)
        // The hook onResponse would not run when the client aborts.
        const open = followResponse(request.raw, reply.raw, (finished) =>
          asked.settle(decision, responseView(reply.raw, finished, header)),
        )
        // Nobody waits for the handler's work once the client is gone.
        if (!open) return reply.hijack()
        request.threescale = decision
        reply.headers(decision.headers)
        return next()
      }
      if (decision.code === 'client_closed_request' || isClientGone(request.raw, reply.raw)) return reply.hijack()
      deny(settings.onDeny, decision, request, reply)
    }
    const decision = asked.evaluate(new FastifyRequestView(request, reply.raw))
    if (isPromise(decision)) decision.then(proceed, next)
    else proceed(decision)
  }
  // Callback-style and before the body is read, so that strangers do not make us parse; only a form has to be read first.
  if (readsForm(gateway)) app.addHook('preValidation', guard)
  else app.addHook('onRequest', guard)
}

function readsForm({ options: { credentials } }: Gateway<FastifyView>): boolean {
  return typeof credentials === 'object' && credentials.in.includes('form')
}
