/** Sites on Fastify 5. */
import formbody from '@fastify/formbody'
import type { GatewayOptions } from '@threescale/core'
import { type FastifyView, threescale } from '@threescale/fastify'
import createFastify from 'fastify'
import { olderSyntax } from '../route-set.ts'
import { bodyOf, SERVED_FIELD, type SiteMaker, servedAs } from '../site.ts'

export function onFastify(router: Readonly<Record<string, boolean>> = {}, more: object = {}): SiteMaker {
  return async ({ set, mount, guard = 'outside' }, options) => {
    const app = createFastify({ routerOptions: router, ...more })
    await app.register(formbody)
    const protect = (scope: typeof app) => scope.register(threescale, options as GatewayOptions<FastifyView>)
    if (guard === 'outside') await protect(app)
    await app.register(
      async (scope) => {
        if (guard === 'inside') await protect(scope as typeof app)
        for (const route of set.routes) {
          const { method = 'GET' } = route
          scope.route({
            method: method === 'ALL' ? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] : method,
            url: olderSyntax(route.fastifyPath ?? route.path),
            handler(request, reply) {
              const { method, params, query, body } = request
              const seen = { method, params: bodyOf(params), query: bodyOf(query), body: bodyOf(body) }
              return reply.header(SERVED_FIELD, servedAs(route, seen, request.threescale)).send('')
            },
          })
        }
      },
      { prefix: mount?.path ?? '' },
    )
    await app.ready()
    return { dispatch: (request, response) => app.routing(request, response), close: () => app.close() }
  }
}
