// Compiled, never run: the same names in modules whose format the settings choose.
import { type Allowed, createGateway, type Gateway, isThreeScaleError } from '@threescale/core'
import { isGateway } from '@threescale/core/adapter'
import { createEmulator } from '@threescale/emulator'
import byDefault, { type ExpressView, threescale, viewOf } from '@threescale/express'
import { type FastifyOptions, threescale as plugin } from '@threescale/fastify'
import { fileJournal } from '@threescale/journal'
import { type KoaView, threescale as middleware } from '@threescale/koa'
import { instrument } from '@threescale/opentelemetry'
import { redisStore } from '@threescale/redis'
import { threescale as protect, type ThreescaleGuard } from '@threescale/web'
import type { Express } from 'express'
import type { FastifyInstance } from 'fastify'

const own = { serviceId: '2555417', serviceToken: 'token' }
const gateway: Gateway<ExpressView> = createGateway<ExpressView>({
  ...own,
  journal: fileJournal({ directory: 'usage' }),
  store: redisStore({ send: async () => null }),
})

export function guard(app: Express): void {
  app.use(
    threescale(gateway),
    byDefault(gateway, { onDeny: (_denied, _request, response) => response.sendStatus(418) }),
  )
  app.get('/', (request, response) => {
    const allowed: Allowed | undefined = request.threescale
    response.json([allowed?.plan, viewOf, isGateway(gateway)])
  })
}

export async function register(app: FastifyInstance): Promise<void> {
  const options: FastifyOptions = { ...own, onDeny: (_denied, _request, reply) => reply.code(418).send() }
  await app.register(plugin, options)
  await app.register(plugin, { ...own, mode: 'observe' })
  app.get('/', { config: { threescale: { usage: { hits: 2 } } } }, (request) => request.threescale?.plan)
}

export const koa = middleware({ ...own, onDeny: (denied, ctx) => ctx.throw(denied.status) })
export const host = (view: KoaView): string | undefined => view.ctx.host
export const handlers: ThreescaleGuard = protect({
  ...own,
  onDeny: (_denied, request) => Response.redirect(request.url),
})
export const stop: () => void = instrument(gateway)
export const known = (error: unknown): boolean => isThreeScaleError(error) && error.code === 'ERR_THREESCALE_CONFIG'
export const emulator = createEmulator()
