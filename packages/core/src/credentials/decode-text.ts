/** Texts as they stand in a request target or header, turned into what the client meant. */
import { BAD_ESCAPE, NOT_UTF8, type UnreadableCredentials } from './unreadable.ts'

/** What stands for something else: an escape, a blank, a byte of UTF-8. */
const ENCODED = /[%+\x80-\uffff]/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A query value: percent-escapes decoded, `+` is a blank, bytes read as UTF-8 whether escaped or raw. Unreadable when an
 * escape is broken or the bytes are not UTF-8.
 */
export function decodeParameter(raw: string): string | UnreadableCredentials {
  if (!ENCODED.test(raw)) return raw
  const spaced = raw.replaceAll('+', ' ')
  const escaped = spaced.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
  try {
    return decodeURIComponent(escaped)
  } catch {
    return BAD_ESCAPE
  }
}

/** A header value: Node gives its bytes as latin1, clients mean UTF-8. */
export function decodeBytes(latin1: string): string | UnreadableCredentials {
  if (!/[\x80-\uffff]/.test(latin1)) return latin1
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return NOT_UTF8
  }
}
