/** What the gateway sees of an Express request, version 4 or 5. */
import type { IncomingMessage } from 'node:http'
import type { RequestView } from '@threescale/core'
import {
  dropParameters,
  NodeRequestView,
  pathAsParseurl,
  strippedParameters,
  strippedTarget,
} from '@threescale/core/adapter'
import type { Application, Request, Response } from 'express'

/** What callbacks get: the gateway's view and the Express request behind it. */
export interface ExpressView extends RequestView {
  readonly request: Request
}

export class ExpressRequestView<Answer extends Response | undefined = Response>
  extends NodeRequestView<Answer>
  implements ExpressView
{
  readonly request: Request

  constructor(request: Request, response: Answer) {
    super(request, response)
    this.request = request
  }

  get url(): string {
    return this.request.originalUrl ?? this.request.url
  }

  /** Without a port: `req.host` would warn in Express 4 and drop it there too. */
  get host(): string | undefined {
    return this.request.hostname
  }

  get ip(): string | undefined {
    return this.request.ip
  }

  get path(): string | undefined {
    return pathAsParseurl(this.url)
  }

  get ignoresCase(): boolean {
    // A router without an app has none.
    return this.request.app?.enabled('case sensitive routing') !== true
  }

  /** Routers and apps that are mounted have a setting of their own, whatever the app's is. */
  get mayIgnoreCase(): boolean {
    return true
  }

  /** Mounted ones have a setting of their own here, too. */
  get ignoresTrailingSlash(): boolean {
    return true
  }

  /** `*` of Express 4, `{*rest}` of Express 5, and those of expressions. */
  get hasEmptyWildcards(): boolean {
    return true
  }

  protected get body(): unknown {
    return this.request.body
  }

  /** Without a parser of Express's, handlers parse the target. */
  protected get query(): unknown {
    const { request } = this
    return request.app?.get('query parser') === false ? undefined : request.query
  }

  setUrl(url: string): void {
    const { request } = this
    const before = this.url
    // Express 4 has parsed the query before us, Express 5 parses it again whenever it is read.
    if (Object.hasOwn(request, 'query')) dropParameters(request.query, strippedParameters(before, url))
    request.originalUrl = url
    request.url = strippedTarget(request.url, before, url)
  }
}

/**
 * The view of a request that Node handed to an 'upgrade' listener and not to the app. The request becomes one of
 * the app's, so that callbacks and the app's `trust proxy` setting work on it. It has no response, params or body.
 */
export function viewOf(request: IncomingMessage, app: Application): ExpressView {
  // Each app has its own, unknown to @types/express.
  const { request: prototype } = app as Application & { readonly request: object }
  return new ExpressRequestView(Object.setPrototypeOf(request, prototype), undefined)
}
