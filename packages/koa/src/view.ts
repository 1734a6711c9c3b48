/** What the gateway sees of a Koa request, version 2 or 3. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestView } from '@threescale/core'
import { NodeRequestView, nodeHttp, pathAsParseurl, strippedTarget } from '@threescale/core/adapter'
import type { Context } from 'koa'

/** What callbacks get: the gateway's view and the Koa context behind it. */
export interface KoaView extends RequestView {
  readonly ctx: Context
}

export class KoaRequestView<Answer extends ServerResponse | undefined = ServerResponse>
  extends NodeRequestView<Answer>
  implements KoaView
{
  readonly ctx: Context

  constructor(ctx: Context, response: Answer) {
    super(ctx.req, response)
    this.ctx = ctx
  }

  get url(): string {
    return this.ctx.originalUrl
  }

  get host(): string | undefined {
    return this.ctx.host || undefined
  }

  get ip(): string | undefined {
    return this.ctx.ip || undefined
  }

  get path(): string | undefined {
    return pathAsParseurl(this.ctx.originalUrl)
  }

  /** As @koa/router does by default. */
  get ignoresCase(): boolean {
    return true
  }

  /** As @koa/router does by default. */
  get ignoresTrailingSlash(): boolean {
    return true
  }

  /** `{*rest}` of @koa/router, and those of expressions. */
  get hasEmptyWildcards(): boolean {
    return true
  }

  protected get query(): unknown {
    return this.ctx.query
  }

  protected get body(): unknown {
    // Put there by body parsers, unknown to Koa itself.
    return (this.ctx.request as { body?: unknown }).body
  }

  setUrl(url: string): void {
    const { ctx } = this
    ctx.url = strippedTarget(ctx.url, ctx.originalUrl, url)
    ctx.originalUrl = url
    ctx.request.originalUrl = url
    this.replaceRawPath()
    // Koa keeps what `ctx.URL` and `ctx.query` once gave.
    Object.assign(ctx.request, { memoizedURL: undefined, _querycache: undefined })
  }
}

/**
 * The view of a request that Node handed to an 'upgrade' listener and not to the app. It gets a context of the app's,
 * so that callbacks and the app's `proxy` setting work on it; nothing can be answered through that context.
 */
export function viewOf(request: IncomingMessage, app: Context['app']): KoaView {
  const { ServerResponse } = nodeHttp
  return new KoaRequestView(app.createContext(request, new ServerResponse(request)), undefined)
}
