/**
 * Text that keeps the bytes it was decoded from.
 *
 * Requests are handled as "byte strings": one character a byte, as Node gives a request target. Decoded text holds
 * every byte that is not UTF-8 as a lone surrogate U+DC80..U+DCFF. Comparison therefore stays exact, `isWellFormed`
 * tells whether all bytes were UTF-8, and output shows U+FFFD.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const notAscii = /[\x80-\xff]/

/** Decodes a byte string as UTF-8. */
export function decodeBytes(bytes: string): string {
  if (!notAscii.test(bytes)) return bytes
  const buffer = Buffer.from(bytes, 'latin1')
  try {
    return strict.decode(buffer)
  } catch {
    return decodeEscaping(buffer)
  }
}

function decodeEscaping(buffer: Buffer): string {
  let text = ''
  let at = 0
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at)
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + buffer[at]!)
      at += 1
    } else {
      text += buffer.toString('utf8', at, at + length)
      at += length
    }
  }
  return text
}

function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at]!
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length < 2) return length
  try {
    strict.decode(buffer.subarray(at, at + length))
    return at + length <= buffer.length ? length : 0
  } catch {
    return 0
  }
}

/** A text as a byte string. A text without characters above U+00FF is taken for a byte string already. */
export function toByteString(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of one byte is meant
  return /^[\x00-\xff]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** False for text that holds bytes which were not UTF-8, or any other lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
