/** Sites on Koa 2 and 3, with @koa/router. */
import Router, { type RouterOptions } from '@koa/router'
import type { GatewayOptions } from '@threescale/core'
import { type KoaView, threescale } from '@threescale/koa'
import Koa3, { type Context, type Middleware } from 'koa'
import koaMount from 'koa-mount'
import Koa2 from 'koa2'
import { bodyOf, SERVED_FIELD, type SiteMaker, servedAs } from '../site.ts'

export const onKoa2 = (router: RouterOptions = {}): SiteMaker => maker(Koa2, router)
export const onKoa3 = (router: RouterOptions = {}): SiteMaker => maker(Koa3, router)

function maker(Koa: typeof Koa3, settings: RouterOptions): SiteMaker {
  return async ({ set, mount, guard = 'outside' }, options) => {
    const app = new Koa()
    app.silent = true
    const protect = threescale(options as GatewayOptions<KoaView>)
    const inner = new Koa()
    inner.silent = true
    const guarded = guard === 'outside' ? app : inner
    guarded.use(readForm).use(protect)
    // koa-mount knows no parameters, the prefix of a router does.
    const byPrefix = mount?.path.includes(':')
    const router = new Router({ ...settings, ...(byPrefix ? { prefix: mount!.path } : {}) })
    for (const route of set.routes) {
      const method = (route.method ?? 'GET').toLowerCase() as 'get'
      router[method](route.path, (context) => {
        const ctx = context as unknown as Context & { params: Record<string, unknown> }
        const { method, params, query } = ctx
        const body = bodyOf((ctx.request as { body?: unknown }).body)
        ctx.set(SERVED_FIELD, servedAs(route, { method, params, query, body }, ctx.state.threescale))
        ctx.body = ''
      })
    }
    inner.use(router.routes() as never)
    app.use(mount === undefined || byPrefix ? koaMount(inner) : koaMount(mount.path, inner))
    return { dispatch: app.callback(), close: () => protect.gateway.close() }
  }
}

/** Reads a form as koa-bodyparser and similar middleware do. */
const readForm: Middleware = async (ctx, next) => {
  if (ctx.is('urlencoded')) {
    let text = ''
    for await (const chunk of ctx.req) text += chunk
    const body: Record<string, string | string[]> = {}
    for (const [name, value] of new URLSearchParams(text)) {
      body[name] = name in body ? [body[name]!, value].flat() : value
    }
    Object.assign(ctx.request, { body })
  }
  await next()
}
