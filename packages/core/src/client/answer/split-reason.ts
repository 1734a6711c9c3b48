/** Finds where the reason of a denial ends. 3scale quotes the caller's input in it, without escaping it. */
import type { Credentials } from '../../domain/credentials.ts'
import { strippedKey } from '../../domain/storage-key.ts'

export interface SplitDenial {
  readonly reason: string
  /** The document without the reason; undefined if it is not certain where the reason ends. */
  readonly document: string | undefined
}

const REASON = /^(\s*(?:<\?xml[^>]*>\s*)?<status>\s*<authorized>false<\/authorized>\s*)<reason>/
const REASON_END = '</reason>'
const QUOTES = /^(?:application key|redirect_ur[li]|referrer) "/

/**
 * Splits a denial into its reason and all else; undefined if the text is no denial with a reason.
 *
 * 3scale writes one end tag. Further ones are part of the caller's input, or of an application's key behind the reason.
 * The reason is then found by what it quotes: only the caller's own input.
 */
export function splitReason(
  text: string,
  credentials: Credentials | undefined,
  referrer: string | undefined,
): SplitDenial | undefined {
  const head = REASON.exec(text)
  if (head === null) return undefined
  const start = head[0].length
  const end = text.indexOf(REASON_END, start)
  if (end === -1) return undefined
  const reason = text.slice(start, end)
  const without = (length: number) => head[1] + text.slice(start + length + REASON_END.length)
  if (!QUOTES.test(reason) || !text.includes(REASON_END, end + 1)) return { reason, document: without(reason.length) }
  const whole = sentences(credentials, referrer).find((sentence) => text.startsWith(sentence + REASON_END, start))
  return whole === undefined ? { reason, document: undefined } : { reason: whole, document: without(whole.length) }
}

/** The reasons that quote the caller (apisonator, lib/3scale/backend/errors.rb). */
function sentences(credentials: Credentials | undefined, referrer: string | undefined): string[] {
  const { appKey, redirectUrl } = (credentials ?? {}) as { readonly appKey?: string; readonly redirectUrl?: string }
  return [
    ...(appKey === undefined ? [] : [`application key "${strippedKey(appKey)}" is invalid`]),
    ...(redirectUrl === undefined ? [] : [`redirect_url "${redirectUrl}" is invalid`]),
    ...(referrer === undefined ? [] : [`referrer "${referrer}" is not allowed`]),
  ]
}
