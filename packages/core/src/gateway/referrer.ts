/** Finds the referrer that is sent to 3scale for a request. */

import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { decodeBytes } from '../credentials/decode-text.ts'
import type { UnreadableCredentials } from '../credentials/unreadable.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'

/** A referrer, none, or one that cannot be sent: 3scale refuses what is not UTF-8. */
export type Referrer = string | undefined | UnreadableCredentials

const NOT_UTF8: UnreadableCredentials = Object.freeze({ malformed: 'the referrer is not valid UTF-8' })

/** A framework makes a list of a parameter that was sent twice. */
const NO_TEXT: UnreadableCredentials = Object.freeze({ malformed: 'the referrer is no text' })

/** For the backend this text is no referrer but passes every filter (apisonator, referrer validator). */
const PASSES_EVERY_FILTER = '*'

/**
 * The function's result, or the Referer header if the options or the service's policies ask for it. The text `*` is
 * never passed on, from a function either, because it is nearly always the caller's own.
 */
export function referrerOf<View extends RequestView>(
  view: View,
  option: ResolvedOptions<View>['referrer'],
  wantedByService: boolean,
): MaybePromise<Referrer> {
  if (typeof option !== 'function') return option || wantedByService ? headerOf(view) : undefined
  const given = option(view)
  return isPromise(given) ? given.then(wellFormed) : wellFormed(given)
}

function headerOf(view: RequestView): Referrer {
  const bytes = view.header('referer')
  if (bytes === undefined) return undefined
  const text = decodeBytes(bytes)
  return typeof text === 'string' ? literal(text) : NOT_UTF8
}

function wellFormed(given: unknown): Referrer {
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'string') return NO_TEXT
  return given.isWellFormed() ? literal(given) : NOT_UTF8
}

/** The empty text instead of `*`: it matches exactly the filters that `*`, taken literally, would match. */
function literal(referrer: string): string {
  return referrer === PASSES_EVERY_FILTER ? '' : referrer
}
