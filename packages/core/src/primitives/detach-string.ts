/** Copies of texts that are kept. */

/**
 * The same text with memory of its own. A slice of a longer string keeps the whole of it alive, which for a credential
 * cut out of a URL would be the URL.
 */
export function detachString(text: string): string {
  // One byte a character where that is enough, as the request's own strings are, so that comparing them stays cheap.
  const narrow = Buffer.from(text, 'latin1').toString('latin1')
  if (narrow === text) return narrow
  // UTF-16 because it is exact for any string, lone surrogates included.
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
