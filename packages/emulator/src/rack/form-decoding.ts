/** Form decoding as Ruby's `URI.decode_www_form_component` does it: `+` is a blank, a bad escape is an error. */
import { decodeBytes } from '../ruby/bytes.ts'
import { ParameterError } from './parameter.ts'

const badEscape = /%(?![0-9a-fA-F]{2})/
const plain = /^[^%+\x80-\xff]*$/
const escapes = /\+|%[0-9a-fA-F]{2}/g

/** Decodes one name or value. @throws ParameterError of kind `encoding` on a `%` without two hex digits. */
export function decodeFormText(bytes: string): string {
  if (plain.test(bytes)) return bytes
  if (badEscape.test(bytes)) throw new ParameterError('encoding', `invalid %-encoding (${bytes})`)
  return decodeBytes(
    bytes.replace(escapes, (found) => (found === '+' ? ' ' : String.fromCharCode(Number.parseInt(found.slice(1), 16)))),
  )
}
