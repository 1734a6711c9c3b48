/** What the gateway sees of a Fastify request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestView } from '@threescale/core'
import { dropParameters, NodeRequestView, strippedParameters, withoutParameters } from '@threescale/core/adapter'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What callbacks get: the gateway's view, the Fastify request behind it, and Node's behind that. */
export interface FastifyView extends RequestView {
  /** Reading it throws for a request of an 'upgrade' listener, which never became Fastify's. */
  readonly request: FastifyRequest
  readonly raw: IncomingMessage
}

export class FastifyRequestView extends NodeRequestView<ServerResponse> implements FastifyView {
  readonly request: FastifyRequest
  readonly reply: FastifyReply

  constructor(request: FastifyRequest, reply: FastifyReply) {
    super(request.raw, reply.raw)
    this.request = request
    this.reply = reply
  }

  get url(): string {
    // Not request.originalUrl, which would remember what setUrl has to replace.
    return targetOf(this.raw)
  }

  get host(): string | undefined {
    return this.request.host || undefined
  }

  protected get body(): unknown {
    return this.request.body
  }

  setUrl(url: string): void {
    const { request, raw } = this
    const stripped = strippedParameters(this.url, url)
    if (typeof request.query === 'object' && request.query !== null) dropParameters(request.query, stripped)
    raw.url = withoutParameters(raw.url as string, stripped)
    Object.defineProperty(request, 'originalUrl', { value: url, configurable: true })
    if ('originalUrl' in raw) raw.originalUrl = url
    this.replaceRawPath()
  }
}

class UpgradeView extends NodeRequestView<undefined> implements FastifyView {
  get request(): never {
    throw new TypeError('an upgrade request never became a Fastify request; use view.raw')
  }

  get url(): string {
    return targetOf(this.raw)
  }

  get host(): string | undefined {
    return this.raw.headers.host
  }

  protected get body(): undefined {
    return undefined
  }
}

/**
 * The view of a request that Node handed to an 'upgrade' listener and not to Fastify. Fastify does not tell its
 * `trustProxy` setting, so the host is the Host header.
 */
export function viewOf(request: IncomingMessage): FastifyView {
  return new UpgradeView(request, undefined)
}

/** The target before `rewriteUrl`. */
function targetOf(raw: IncomingMessage & { originalUrl?: string }): string {
  return raw.originalUrl ?? (raw.url as string)
}
