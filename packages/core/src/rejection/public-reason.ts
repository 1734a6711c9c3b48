/** Makes a reason fit to be shown: the caller's credential masked (law 5), no control characters, at most 256 characters. */
import { MASK, maskSecrets } from '../primitives/mask-secrets.ts'

const MAX_LENGTH = 256
/** Shorter ones occur in ordinary words; where 3scale quotes a value the quotes tell. */
const MIN_LENGTH_FOUND_ANYWHERE = 4

/**
 * 3scale's reasons carry what the caller sent between double quotes, sometimes cut off or escaped; so with secrets
 * given everything from the first quote to the last is masked, or to the end when there is only one.
 */
export function publicReason(reason: string, secrets: readonly string[] = []): string {
  const masked = secrets.length === 0 ? reason : maskSecrets(maskQuoted(reason), secrets, MIN_LENGTH_FOUND_ANYWHERE)
  return cut(masked.replace(UNPRINTABLE, '\ufffd').toWellFormed())
}

/** Controls, and characters that break or reorder lines where the text is shown. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

function maskQuoted(reason: string): string {
  const first = reason.indexOf('"')
  if (first === -1) return reason
  const last = reason.lastIndexOf('"')
  return last === first ? `${reason.slice(0, first)}"${MASK}` : `${reason.slice(0, first)}"${MASK}${reason.slice(last)}`
}

function cut(text: string): string {
  if (text.length <= MAX_LENGTH) return text
  // A pair of surrogates is not cut in two.
  return text.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '')
}
