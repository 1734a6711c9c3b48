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
  readonly #emptied: WeakSet<FastifyRequest> | undefined

  /** @param emptied requests with an empty parameter; undefined before validation, which may replace parameters. */
  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    router: RouterOptions,
    emptied: WeakSet<FastifyRequest> | undefined,
  ) {
    super(request.raw, reply.raw)
    this.request = request
    this.reply = reply
    this.#router = router
    this.#emptied = emptied
  }

  get url(): string {
    // Not request.originalUrl, which would remember what setUrl has to replace.
    return targetOf(this.raw)
  }

  get host(): string | undefined {
    const { request, raw } = this
    if (!request.server.hasConstraintStrategy('host')) return request.host || undefined
    // The router tells routes apart by this field, whatever a proxy forwards, and minds its case.
    const routed = raw.headers.host ?? (raw.headers[':authority'] as string | undefined)
    return routed === routed?.toLowerCase().replace(/\.(?=:|$)/, '') ? routed : undefined
  }

  get ip(): string | undefined {
    return this.request.ip
  }

  get path(): string | undefined {
    const path = routerPath(this.url, this.#router)
    if (path === undefined || !this.isRewritten) return path
    const route = this.request.routeOptions.url
    // A handler for what is not found has no route, and so no wildcard.
    return route === undefined ? path : filledPath(path, route)
  }

  /** Parameters that are empty, or nothing but slashes, are filled. */
  get isRewritten(): boolean {
    return this.#emptied === undefined ? hasEmptyParameter(this.request) : this.#emptied.has(this.request)
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

/** Whether the router has found a parameter that is empty, or nothing but slashes. Not after validation. */
export function hasEmptyParameter(request: FastifyRequest): boolean {
  const params = request.params as Readonly<Record<string, string>> | null | undefined
  for (const name in params) if (/^\/*$/.test(params[name]!)) return true
  return false
}

/** Fields in which proxies name the client for which they speak. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip']

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

  get ip(): string | undefined {
    const { headers, socket } = this.raw
    return FORWARDED.some((name) => name in headers) ? undefined : socket.remoteAddress
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
 * `trustProxy` setting, so the host is the Host header. The address is that of the connection, and unknown if a header
 * names another one.
 */
export function viewOf(request: IncomingMessage): FastifyView {
  return new UpgradeView(request, undefined)
}

/** The target before `rewriteUrl`. */
function targetOf(raw: IncomingMessage & { originalUrl?: string }): string {
  return raw.originalUrl ?? (raw.url as string)
}
