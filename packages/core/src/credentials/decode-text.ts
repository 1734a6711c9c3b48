/** Decodes the texts of a request target or header. */
import { BAD_ESCAPE, NOT_UTF8, type UnreadableCredentials } from './unreadable.ts'

/** A character that has to be decoded: part of an escape, a blank, or a byte of UTF-8. */
const ENCODED = /[%+\x80-\uffff]/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes a query value: percent-escapes are decoded, `+` is a blank, and bytes are read as UTF-8, escaped or not.
 * Unreadable if an escape is broken or the bytes are not UTF-8.
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

/** Decodes a header value: Node reads its bytes as latin1, but clients send UTF-8. */
export function decodeBytes(latin1: string): string | UnreadableCredentials {
  if (!/[\x80-\uffff]/.test(latin1)) return latin1
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return NOT_UTF8
  }
}
