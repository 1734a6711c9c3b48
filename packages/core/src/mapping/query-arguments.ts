/** The parameters that the query conditions of rules are compared with; parsed when the first condition needs them. */

import { carriesForm } from '../request/form-body.ts'
import type { RequestView } from '../request/request-view.ts'
import { assumedRoutings } from './assumed-routings.ts'
import { queryOf } from './request-target.ts'

/** A parameter's value in latin1 bytes; true: it stands there without `=`; undefined: it is absent. */
export type ParameterReading = string | true | undefined

/** One request's parameters. */
export interface QueryArguments {
  /** The value as APIcast reads it. */
  get(name: string): ParameterReading
  /** The values that the handler can see. */
  seen(name: string): readonly string[]
}

/**
 * APIcast takes the field of a parsed form, else the last argument of the query (ngx.req.get_uri_args). Broken escapes
 * stay as they are, and it reads not only the first hundred arguments. Handlers see what their framework made of query
 * and form.
 */
export function createQueryArguments(view: RequestView): QueryArguments {
  const known = argumentsOf.get(view)
  if (known !== undefined) return known
  const form = carriesForm(view) ? view : undefined
  let values: Map<string, string | true> | undefined
  const seen = new Map<string, readonly string[]>()
  const created: QueryArguments = {
    get(name) {
      const field = form?.formField(bytesToText(name))
      if (field !== undefined) return textToBytes(field)
      values ??= parse(queryOf(view.url))
      return values.get(name)
    },
    seen(name) {
      let values = seen.get(name)
      if (values === undefined) {
        const read = (view.routing ?? assumedRoutings(view)[0]).parameter(bytesToText(name))
        values = [...new Set(read)].map(textToBytes)
        seen.set(name, values)
      }
      return values
    },
  }
  argumentsOf.set(view, created)
  return created
}

/** Each request is compared with many rules, and frameworks parse a query whenever it is read. */
const argumentsOf = new WeakMap<RequestView, QueryArguments>()

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
