/** Sites on Express 4 and 5. */

import type { GatewayOptions } from '@threescale/core'
import { type ExpressView, threescale } from '@threescale/express'
import express5, { type Request, type Response } from 'express'
import express4 from 'express4'
import { olderSyntax } from '../route-set.ts'
import { bodyOf, SERVED_FIELD, type SiteMaker, servedAs } from '../site.ts'

export interface ExpressSettings {
  /** Of the app. */
  readonly app?: Readonly<Record<string, unknown>>
  /** Of the router of a mount; undefined: the mount is an app. */
  readonly router?: { readonly caseSensitive?: boolean; readonly strict?: boolean }
}

export const onExpress4 = (settings: ExpressSettings = {}): SiteMaker => maker(express4, settings, olderSyntax)
export const onExpress5 = (settings: ExpressSettings = {}): SiteMaker => maker(express5, settings, (path) => path)

function maker(express: typeof express5, settings: ExpressSettings, syntax: (path: string) => string): SiteMaker {
  return async ({ set, mount, guard = 'outside' }, options) => {
    const app = express()
    for (const [name, value] of Object.entries(settings.app ?? {})) app.set(name, value)
    const protect = threescale(options as GatewayOptions<ExpressView>)
    const inner =
      mount === undefined ? app : settings.router === undefined ? express() : express.Router(settings.router)
    for (const each of guard === 'outside' ? [app] : [inner]) {
      each.use(express.urlencoded({ extended: true }))
      each.use(protect)
    }
    for (const route of set.routes) {
      const method = (route.method ?? 'GET').toLowerCase() as 'get'
      inner[method](syntax(route.path), (req: Request, res: Response) => {
        const { params, query, body, threescale } = req
        res.set(SERVED_FIELD, servedAs(route, { method: req.method, params, query, body: bodyOf(body) }, threescale))
        res.end()
      })
    }
    if (mount !== undefined) app.use(mount.path, inner)
    return { dispatch: app, close: () => protect.gateway.close() }
  }
}
