/** A request of node:http or node:http2 as the gateway sees it; an adapter adds what its framework knows better. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { queryOf } from '../mapping/request-target.ts'
import type { RequestView, Routing } from '../request/request-view.ts'
import { followResponse, isClientGone } from './node-response.ts'

export abstract class NodeRequestView<Response extends ServerResponse | undefined = ServerResponse | undefined>
  implements RequestView, Routing
{
  /** The request as Node hands it out, below any framework. */
  readonly raw: IncomingMessage
  /** Undefined for a request of an 'upgrade' listener, which has only a socket. */
  readonly response: Response
  #signal: AbortSignal | undefined = undefined

  constructor(raw: IncomingMessage, response: Response) {
    this.raw = raw
    this.response = response
  }

  /** See RequestView. */
  abstract get url(): string

  /** See RequestView. */
  abstract get host(): string | undefined

  /** See Routing. */
  abstract get path(): string | undefined

  /** See Routing. */
  abstract get ignoresCase(): boolean

  /** See Routing. */
  abstract get ignoresTrailingSlash(): boolean

  /** The framework's parse of the body; undefined where it has not parsed any. */
  protected abstract get body(): unknown

  /** The framework's parse of the query; undefined where it does not parse any. */
  protected abstract get query(): unknown

  get routing(): Routing {
    return this
  }

  get method(): string {
    return this.raw.method as string
  }

  header(name: string): string | undefined {
    const value = this.raw.headers[name]
    // Names such as `constructor` reach the prototype, and `set-cookie` is a list.
    return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : undefined
  }

  /** Whether the body was a form at all, `carriesForm` tells. */
  formField(name: string): string | undefined {
    const [first] = valuesOf(this.body, name)
    return first === NO_TEXT ? undefined : first
  }

  parameter(name: string): readonly string[] {
    const isForm = /application\/x-www-form-urlencoded/i.test(this.raw.headers['content-type'] ?? '')
    const { query } = this
    // A parser of the user's may give something else than an object.
    const isObject = typeof query === 'object' && !(query instanceof URLSearchParams || query instanceof Map)
    const inQuery = !isObject ? new URLSearchParams(queryOf(this.url)).getAll(name) : valuesOf(query, name)
    return isForm ? [...inQuery, ...valuesOf(this.body, name)] : inQuery
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController()
      const abort = (): void => controller.abort()
      if (this.response === undefined) {
        // A server's sockets stay half open: 'end' is all that is heard of a client that left, once the stream is read.
        this.raw.socket.once('end', abort).once('close', abort)
      } else {
        followResponse(this.raw, this.response, (finished) => finished || abort())
      }
      this.#signal = controller.signal
    }
    return this.#signal
  }

  get aborted(): boolean {
    if (this.response === undefined) return this.raw.socket.destroyed || this.raw.socket.readableEnded
    return isClientGone(this.raw, this.response)
  }

  removeHeader(name: string): void {
    const { raw } = this
    // Both are worked out from rawHeaders when first read, and cannot be once those have shrunk.
    delete raw.headers[name]
    delete raw.headersDistinct?.[name]
    for (let index = raw.rawHeaders.length - 2; index >= 0; index -= 2) {
      if (raw.rawHeaders[index]?.toLowerCase() === name) raw.rawHeaders.splice(index, 2)
    }
  }

  /** HTTP/2 has the target among the raw fields, too. */
  protected replaceRawPath(): void {
    const { rawHeaders, url } = this.raw
    const at = rawHeaders.indexOf(':path')
    if (at !== -1 && at % 2 === 0) rawHeaders[at + 1] = url as string
  }

  removeFormField(name: string): void {
    const { body } = this
    if (typeof body === 'object' && body !== null) Reflect.deleteProperty(body, name)
  }
}

/** The values of a name in a parsed query or form. A list, like a nested object, is a value that equals no text. */
function valuesOf(parsed: unknown, name: string): string[] {
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, name)) return []
  const value = (parsed as Record<string, unknown>)[name]
  if (value === undefined) return []
  if (Array.isArray(value)) return [...value.flat(Number.POSITIVE_INFINITY).map(textOf), NO_TEXT]
  return [textOf(value)]
}

function textOf(value: unknown): string {
  return typeof value === 'object' || value === undefined ? NO_TEXT : String(value)
}

const NO_TEXT = '\0'
