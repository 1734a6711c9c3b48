/** What the gateway sees of an Express request, version 4 or 5. */
import type { IncomingMessage } from 'node:http'
import type { RequestView } from '@threescale/core'
import { dropParameters, NodeRequestView, strippedParameters, withoutParameters } from '@threescale/core/adapter'
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

  protected get body(): unknown {
    return this.request.body
  }

  setUrl(url: string): void {
    const { request } = this
    const stripped = strippedParameters(this.url, url)
    // Express 4 has parsed the query before us, Express 5 parses it again whenever it is read.
    if (Object.hasOwn(request, 'query')) dropParameters(request.query, stripped)
    request.originalUrl = url
    request.url = withoutParameters(request.url, stripped)
  }
}

/**
 * The view of a request that Node handed to an 'upgrade' listener and not to the app. The request becomes one of
 * the app's, so that callbacks and the app's `trust proxy` setting work on it; it has no response, params or body.
 */
export function viewOf(request: IncomingMessage, app: Application): ExpressView {
  // Each app has its own, unknown to @types/express.
  const { request: prototype } = app as Application & { readonly request: object }
  return new ExpressRequestView(Object.setPrototypeOf(request, prototype), undefined)
}
