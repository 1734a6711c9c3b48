/** What the gateway sees of a Fastify request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestView } from '@threescale/core'
import { dropParameters, NodeRequestView, strippedParameters, strippedTarget } from '@threescale/core/adapter'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { filledPath, type RouterOptions, routerPath } from './router-path.ts'

/** What callbacks get: the gateway's view, the Fastify request behind it, and Node's behind that. */
export interface FastifyView extends RequestView {
  /** Reading it throws for a request of an 'upgrade' listener, which never became Fastify's. */
  readonly request: FastifyRequest
  readonly raw: IncomingMessage
}

export class FastifyRequestView extends NodeRequestView<ServerResponse> implements FastifyView {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly #router: RouterOptions

  constructor(request: FastifyRequest, reply: FastifyReply, router: RouterOptions) {
    super(request.raw, reply.raw)
    this.request = request
    this.reply = reply
    this.#router = router
  }

  get url(): string {
    // Not request.originalUrl, which would remember what setUrl has to replace.
    return targetOf(this.raw)
  }

  get host(): string | undefined {
    const { request, raw } = this
    // Where routes are told apart by host, they are so by the Host header, whatever a proxy forwards.
    const routed = request.server.hasConstraintStrategy('host') ? raw.headers.host : undefined
    return routed || request.host || undefined
  }

  get path(): string | undefined {
    const path = routerPath(this.url, this.#router)
    const { params, routeOptions } = this.request
    const values = typeof params === 'object' && params !== null ? Object.values(params) : []
    const empty = values.some((value) => typeof value === 'string' && /^\/*$/.test(value))
    return empty && path !== undefined ? filledPath(path, routeOptions.url ?? '') : path
  }

  get ignoresCase(): boolean {
    return !this.#router.caseSensitive
  }

  get ignoresTrailingSlash(): boolean {
    const { routeOptions, server } = this.request
    // The route `/` of a scope with a prefix is declared twice, without a slash at the end and with one.
    return this.#router.ignoreTrailingSlash || (server.prefix !== '' && routeOptions.url === server.prefix)
  }

  protected get query(): unknown {
    return this.request.query
  }

  protected get body(): unknown {
    return this.request.body
  }

  setUrl(url: string): void {
    const { request, raw } = this
    const before = this.url
    const { query } = request
    if (typeof query === 'object' && query !== null) dropParameters(query, strippedParameters(before, url))
    raw.url = strippedTarget(raw.url as string, before, url)
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

  get path(): string | undefined {
    return this.url.split(/[?#]/, 1)[0]
  }

  get ignoresCase(): boolean {
    return false
  }

  get ignoresTrailingSlash(): boolean {
    return false
  }

  protected get query(): undefined {
    return undefined
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
