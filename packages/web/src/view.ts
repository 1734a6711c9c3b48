/** What the gateway sees of a request of the Fetch API. */
import type { RequestView } from '@threescale/core'

/** What callbacks get: the gateway's view and the request behind it. */
export interface WebView extends RequestView {
  /** The request; with `stripCredentials` another one after the decision, without them. */
  readonly request: Request
}

export class FetchRequestView implements WebView {
  request: Request

  constructor(request: Request) {
    this.request = request
  }

  get method(): string {
    return this.request.method
  }

  /** Servers resolve dots and the like before they make a Request, so handlers see this target, too. */
  get url(): string {
    return targetOf(this.request.url)
  }

  /** Of the Host header, because some servers put a name of their own into the URL. */
  get host(): string | undefined {
    return this.request.headers.get('host') ?? (new URL(this.request.url).host || undefined)
  }

  get urlHost(): string | undefined {
    return new URL(this.request.url).host || undefined
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined
  }

  get signal(): AbortSignal {
    return this.request.signal
  }

  /** By the class of the request, so that one of Next.js stays one. */
  setUrl(url: string): void {
    const { request } = this
    const Same = request.constructor as typeof Request
    this.request = new Same(new URL(request.url).origin + url, request)
  }

  removeHeader(name: string): void {
    this.request.headers.delete(name)
  }
}

/** The path and the query of an absolute URL, as they are written. */
function targetOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}
