/** Copies strings that are kept longer than the request they come from. */

/**
 * A copy of the text with memory of its own. A slice keeps the whole string alive: a credential would keep its URL.
 */
export function detachString(text: string): string {
  // One byte per character if that is enough, like the strings of a request, so that comparing them stays cheap.
  const narrow = Buffer.from(text, 'latin1').toString('latin1')
  if (narrow === text) return narrow
  // UTF-16, because it is exact for any string, including lone surrogates.
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
