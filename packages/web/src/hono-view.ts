/** What the gateway sees of a request that Hono handles on a server of Node's. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestView } from '@threescale/core'
import { NodeRequestView, strippedTarget } from '@threescale/core/adapter'
import type { Context } from 'hono'
import { getPath } from 'hono/utils/url'

/** What callbacks get: the gateway's view and Hono's context behind it. */
export interface HonoView extends RequestView {
  readonly context: Context
}

export class HonoRequestView extends NodeRequestView<ServerResponse> implements HonoView {
  readonly context: Context
  readonly #form: FormData | undefined

  /** @param form the form that the request carries, if it was parsed. */
  constructor(context: Context, raw: IncomingMessage, response: ServerResponse, form: FormData | undefined) {
    super(raw, response)
    this.context = context
    this.#form = form
  }

  get url(): string {
    return this.raw.url as string
  }

  get host(): string | undefined {
    return this.raw.headers.host ?? (this.raw.headers[':authority'] as string | undefined)
  }

  /** Another one than `host` for a target in absolute form, and in HTTP/2 with both fields. */
  get urlHost(): string | undefined {
    return new URL(this.context.req.url).host
  }

  get path(): string | undefined {
    // As @hono/node-server makes the URL, also where an app is mounted and sees only a part of it.
    const { url } = this
    const { href } = new URL(url.startsWith('/') ? `http://localhost${url}` : url)
    const path = getPath({ url: href } as Request)
    return this.isRewritten && !path.endsWith('/') ? `${path}/` : path
  }

  /** Whether a route serves this whose `*` at the end stands for nothing, not even a slash: `/files/*` serves `/files`. */
  get isRewritten(): boolean {
    const { path, matchedRoutes } = this.context.req
    const { length } = path.split('/')
    const isEmpty = (route: string): boolean => route.endsWith('/*') && route.split('/').length > length
    const candidates = matchedRoutes.filter((route) => isEmpty(route.path) || !route.path.endsWith('*'))
    // Middleware of `use` is for all methods.
    const serving = candidates.find(({ method }) => method !== 'ALL') ?? candidates.at(-1)
    return serving !== undefined && isEmpty(serving.path)
  }

  get ignoresCase(): boolean {
    return false
  }

  /** With `strict: false`; an app does not tell. */
  get ignoresTrailingSlash(): boolean {
    return true
  }

  /** `*` at the end of a path, and optional parameters. */
  get hasEmptyWildcards(): boolean {
    return true
  }

  protected get query(): unknown {
    const all = Object.entries(this.context.req.queries())
    return Object.fromEntries(all.map(([name, values]) => [name, oneOrAll(values)]))
  }

  protected get body(): unknown {
    const form = this.#form
    return form && Object.fromEntries([...form.keys()].map((name) => [name, oneOrAll(form.getAll(name))]))
  }

  override removeFormField(name: string): void {
    this.#form?.delete(name)
  }

  setUrl(url: string): void {
    const { context, raw } = this
    const before = this.url
    const { req } = context
    const { origin, pathname, search } = new URL(req.raw.url)
    req.raw = new Request(origin + strippedTarget(pathname + search, before, url), req.raw)
    raw.url = url
    this.replaceRawPath()
  }

  override removeHeader(name: string): void {
    super.removeHeader(name)
    // Made of the raw fields when it was first read.
    this.context.req.raw.headers.delete(name)
  }
}

function oneOrAll<Value>(values: readonly Value[]): Value | readonly Value[] {
  return values.length === 1 ? (values[0] as Value) : values
}
