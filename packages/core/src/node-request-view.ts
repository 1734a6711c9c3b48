/** A request of node:http or node:http2 as the rooms see it; an adapter adds what its framework knows better. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { followResponse, isClientGone } from './node-response.ts'
import type { RequestView } from './request-view.ts'

export abstract class NodeRequestView implements RequestView {
  /** The request as Node hands it out, below any framework. */
  readonly raw: IncomingMessage
  /** Undefined for a request of an 'upgrade' listener, which has only a socket. */
  readonly #response: ServerResponse | undefined
  #signal: AbortSignal | undefined = undefined

  constructor(raw: IncomingMessage, response: ServerResponse | undefined) {
    this.raw = raw
    this.#response = response
  }

  /** See RequestView. */
  abstract get url(): string

  /** See RequestView. */
  abstract get host(): string | undefined

  /** What the framework made of the body; undefined where it has not parsed any. */
  protected abstract get body(): unknown

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
    const form = this.#form()
    if (form === undefined || !Object.hasOwn(form, name)) return undefined
    const value = form[name]
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' ? first : undefined
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController()
      const abort = (): void => controller.abort()
      if (this.#response === undefined) {
        // A server's sockets stay half open: 'end' is all that is heard of a client that left, once somebody reads.
        this.raw.socket.once('end', abort).once('close', abort)
      } else {
        followResponse(this.raw, this.#response, (finished) => finished || abort())
      }
      this.#signal = controller.signal
    }
    return this.#signal
  }

  get aborted(): boolean {
    if (this.#response === undefined) return this.raw.socket.destroyed || this.raw.socket.readableEnded
    return isClientGone(this.raw, this.#response)
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
    const form = this.#form()
    if (form !== undefined) delete form[name]
  }

  #form(): Record<string, unknown> | undefined {
    const { body } = this
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
  }
}

/**
 * The target that handlers see once a query was changed: the query of `target` behind the path of `current`, which
 * a mount or a rewrite may have shortened.
 */
export function withQueryOf(target: string, current: string): string {
  const from = target.indexOf('?')
  const end = current.indexOf('?')
  return (end === -1 ? current : current.slice(0, end)) + (from === -1 ? '' : target.slice(from))
}

/** Takes out of a parsed query the parameters that `before` has and `after` has not. */
export function dropParameters(query: object, before: string, after: string): void {
  const kept = parameterNames(after)
  for (const name of parameterNames(before)) if (!kept.has(name)) Reflect.deleteProperty(query, name)
}

function parameterNames(target: string): Set<string> {
  const start = target.indexOf('?')
  return new Set(start === -1 ? [] : new URLSearchParams(target.slice(start)).keys())
}
