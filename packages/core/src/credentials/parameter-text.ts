/** Texts as they stand in a request target or header, turned into what the client meant. */
import { BAD_ESCAPE, NOT_UTF8, type UnreadableCredentials } from './unreadable.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A query value: percent-escapes decoded, `+` is a blank, bytes read as UTF-8 whether escaped or raw. Unreadable when an
 * escape is broken or the bytes are not UTF-8.
 */
export function decodeParameter(raw: string): string | UnreadableCredentials {
  if (standsForItself(raw)) return raw
  const spaced = raw.replaceAll('+', ' ')
  const escaped = spaced.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
  try {
    return decodeURIComponent(escaped)
  } catch {
    return BAD_ESCAPE
  }
}

/** Whether there is nothing to decode. Every request asks, and a loop costs less than a regular expression. */
function standsForItself(raw: string): boolean {
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (code === PERCENT || code === PLUS || code > LAST_ASCII) return false
  }
  return true
}

const PERCENT = 0x25
const PLUS = 0x2b
const LAST_ASCII = 0x7f

/** A header value: Node gives its bytes as latin1, clients mean UTF-8. */
export function decodeBytes(latin1: string): string | UnreadableCredentials {
  if (!/[\x80-\uffff]/.test(latin1)) return latin1
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return NOT_UTF8
  }
}
