/** A request of node:http or node:http2 as the rooms see it; an adapter adds what its framework knows better. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestView } from '../request/request-view.ts'
import { followResponse, isClientGone } from './node-response.ts'

export abstract class NodeRequestView<Response extends ServerResponse | undefined = ServerResponse | undefined>
  implements RequestView
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
      if (this.response === undefined) {
        // A server's sockets stay half open: 'end' is all that is heard of a client that left, once somebody reads.
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
    const form = this.#form()
    if (form !== undefined) delete form[name]
  }

  #form(): Record<string, unknown> | undefined {
    const { body } = this
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
  }
}

/** What stripping took out of a target, by name. */
export function strippedParameters(before: string, after: string): ReadonlySet<string> {
  const kept = new Set(parameterNames(after))
  return new Set(parameterNames(before).filter((name) => !kept.has(name)))
}

/** A target without the parameters of these names; a mount or a rewrite may have made it another one than was stripped. */
export function withoutParameters(target: string, names: ReadonlySet<string>): string {
  const start = target.indexOf('?')
  if (start === -1) return target
  const kept = target
    .slice(start + 1)
    .split('&')
    .filter((parameter) => !parameterNames(`?${parameter}`).some((name) => names.has(name)))
  return kept.length === 0 ? target.slice(0, start) : `${target.slice(0, start)}?${kept.join('&')}`
}

/** Takes parameters out of a parsed query. */
export function dropParameters(query: object, names: ReadonlySet<string>): void {
  for (const name of names) Reflect.deleteProperty(query, name)
}

function parameterNames(target: string): string[] {
  const start = target.indexOf('?')
  return start === -1 ? [] : [...new URLSearchParams(target.slice(start)).keys()]
}
