/** The arguments that the query conditions of rules are compared with; parsed when the first condition needs them. */
import { carriesForm } from '../request/form-body.ts'
import type { RequestView } from '../request/request-view.ts'

/** One request's arguments. */
export interface QueryArguments {
  /** The last value, decoded to bytes in latin1; true without `=`; undefined if absent. */
  get(name: string): string | true | undefined
}

/**
 * Reads a query as APIcast does (ngx.req.get_uri_args: broken escapes stay as they are), but not only the first hundred
 * arguments. A field of a parsed form takes precedence over an argument of the same name.
 */
export function createQueryArguments(view: RequestView, query: string): QueryArguments {
  const form = carriesForm(view) ? view : undefined
  let values: Map<string, string | true> | undefined
  return {
    get(name) {
      const field = form?.formField(bytesToText(name))
      if (field !== undefined) return textToBytes(field)
      values ??= parse(query)
      return values.get(name)
    },
  }
}

/** Decodes `+` and percent-escapes to bytes in latin1; broken escapes stay. */
export function decodeArgument(raw: string): string {
  if (!/[%+]/.test(raw)) return raw
  return raw
    .replaceAll('+', ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The UTF-8 bytes of a text in latin1, as in a request target. */
export function textToBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function bytesToText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function parse(query: string): Map<string, string | true> {
  const values = new Map<string, string | true>()
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    if (equals === -1) values.set(decodeArgument(part), true)
    else values.set(decodeArgument(part.slice(0, equals)), decodeArgument(part.slice(equals + 1)))
  }
  return values
}

/** Everything after the first `?`. */
export function queryOf(target: string): string {
  const start = target.indexOf('?')
  return start === -1 ? '' : target.slice(start + 1)
}
