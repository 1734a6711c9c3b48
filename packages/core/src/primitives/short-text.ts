/** Short stand-ins for long texts, so that what is remembered is bounded in bytes and not only in number. */
import { hash } from 'node:crypto'

/** Most texts that identify a caller are shorter, and cost no hash. */
const MAX_LENGTH = 128

/**
 * The text itself, or the SHA-256 digest of a longer one. Different texts have different stand-ins, as far as nobody finds
 * a collision of SHA-256, provided that no text begins with `#`.
 */
export function shortText(text: string): string {
  if (text.length <= MAX_LENGTH) return text
  // UTF-16, because it is exact for any string: UTF-8 would make lone surrogates equal.
  return `#${hash('sha256', Buffer.from(text, 'utf16le'), 'base64url')}`
}
