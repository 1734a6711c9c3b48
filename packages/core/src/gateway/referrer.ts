/** Which referrer is sent to 3scale for a request. */

import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { decodeBytes } from '../credentials/decode-text.ts'
import type { UnreadableCredentials } from '../credentials/unreadable.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'

/** A referrer to send, none, or one that cannot be sent: 3scale would refuse what is not UTF-8. */
export type Referrer = string | undefined | UnreadableCredentials

const NOT_UTF8: UnreadableCredentials = Object.freeze({ malformed: 'the referrer is not valid UTF-8' })

/** What the user's function says; else the Referer header where the options or the service's policies want it. */
export function referrerOf<View extends RequestView>(
  view: View,
  option: ResolvedOptions<View>['referrer'],
  wantedByService: boolean,
): MaybePromise<Referrer> {
  if (typeof option !== 'function') return option || wantedByService ? headerOf(view) : undefined
  const said = option(view)
  return isPromise(said) ? said.then(wellFormed) : wellFormed(said)
}

function headerOf(view: RequestView): Referrer {
  const bytes = view.header('referer')
  if (bytes === undefined) return undefined
  const text = decodeBytes(bytes)
  return typeof text === 'string' ? text : NOT_UTF8
}

function wellFormed(said: string | undefined): Referrer {
  return said === undefined || said.isWellFormed() ? said : NOT_UTF8
}
