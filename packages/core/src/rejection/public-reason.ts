/** Makes a reason safe to show: masks the caller's credential (law 5), replaces control characters, cuts it to 256. */
import { MASK, maskSecrets } from '../primitives/mask-secrets.ts'

const MAX_LENGTH = 256
/** Shorter secrets occur in ordinary words; they are masked only between 3scale's quotes. */
const MIN_MASKED_LENGTH = 4

/**
 * A reason of 3scale quotes what the caller sent, sometimes cut off or escaped. So if secrets are given, everything
 * from the first quote to the last is masked, or to the end if there is only one quote.
 */
export function publicReason(reason: string, secrets: readonly string[] = []): string {
  const masked = secrets.length === 0 ? reason : maskSecrets(maskQuoted(reason), secrets, MIN_MASKED_LENGTH)
  return cut(masked.replace(UNPRINTABLE, '\ufffd').toWellFormed())
}

/** Control characters, and characters that break or reorder lines. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

function maskQuoted(reason: string): string {
  const first = reason.indexOf('"')
  if (first === -1) return reason
  const last = reason.lastIndexOf('"')
  return last === first ? `${reason.slice(0, first)}"${MASK}` : `${reason.slice(0, first)}"${MASK}${reason.slice(last)}`
}

function cut(text: string): string {
  if (text.length <= MAX_LENGTH) return text
  // Never cut within a pair of surrogates.
  return text.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '')
}
