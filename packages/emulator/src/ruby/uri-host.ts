/** The host of a URI as Ruby's `URI.parse` finds it (ruby/uri, rfc3986_parser.rb). */
import { isIPv6 } from 'node:net'

const escaped = '%[0-9A-Fa-f]{2}'
const userinfo = `(?:${escaped}|[!$&-.0-;=A-Z_a-z~])*`
const name = `(?:${escaped}|[!$&-.0-9;=A-Z_a-z~])+`
const character = `(?:${escaped}|[!$&-.0-;=@-Z_a-z~])`
const literal = '\\[(?:([0-9A-Fa-f:.]+)|v[0-9A-Fa-f]+\\.[!$&-.0-;=A-Z_a-z~]+)\\]'
const authority = `//(?:${userinfo}@)?(${literal}|${name})?(?::\\d*)?(?:/${character}*)*`
const absolutePath = `/(?:${character}+(?:/${character}*)*)?`
// Two bad digits behind a percent sign make a query invalid, one does not.
const query = '(?:\\?(?![^#]*%[^0-9A-Fa-f#]{2})[^#]*)?'
const fragment = `(?:#(?:${character}|[/?])*)?$`
const forms = [
  `^(?:[A-Za-z][-+.0-9A-Za-z]*:)?(?:${authority}|${absolutePath}|)${query}${fragment}`,
  `^[A-Za-z][-+.0-9A-Za-z]*:${character}+(?:/${character}*)*(?:\\?[^#]*)?${fragment}`,
  `^(?:${escaped}|[!$&-.0-9;=@-Z_a-z~])+(?:/${character}*)*${query}${fragment}`,
].map((form) => new RegExp(form))

/** The host as it is written, null if there is none. Undefined: the text is not a URI. */
export function uriHost(text: string): string | null | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (!/^[\x00-\x7f]*$/.test(text)) return undefined
  const match = forms.map((form) => form.exec(text)).find((found) => found !== null)
  if (!match || /^ldaps?:.*#/i.test(text)) return undefined
  const [, host = null, address] = match
  // Without a scheme, Ruby takes no address in brackets.
  if (host?.startsWith('[') && text.startsWith('//')) return undefined
  if (address !== undefined && !isIPv6(address)) return undefined
  return /^file:/i.test(text) && (host === null || host === 'localhost') ? '' : host
}
