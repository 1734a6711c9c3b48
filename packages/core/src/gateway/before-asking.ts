/** What is settled right before 3scale is asked: whether a policy refuses the request, and its referrer. */
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Credentials } from '../domain/credentials.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'
import type { ConfiguredService } from './configured-service.ts'
import { type Referrer, referrerOf } from './referrer.ts'

/** The referrer, or why 3scale is not asked. */
export type Preparation = Referrer | Refusal

/** Rejects (or throws) only with what a function of the user's throws. */
export function beforeAsking<View extends RequestView>(
  view: View,
  caller: Credentials,
  { policies, referrer }: ConfiguredService<View>,
  option: ResolvedOptions<View>['referrer'],
): MaybePromise<Preparation> {
  const refusal = policies?.check(view, caller)
  if (refusal === undefined) return referrerOf(view, option, referrer)
  return isPromise(refusal) ? unlessRefused(refusal, view, option, referrer) : refusal
}

async function unlessRefused<View extends RequestView>(
  refusal: Promise<Refusal | undefined>,
  view: View,
  option: ResolvedOptions<View>['referrer'],
  referrer: ConfiguredService<View>['referrer'],
): Promise<Preparation> {
  return (await refusal) ?? referrerOf(view, option, referrer)
}
