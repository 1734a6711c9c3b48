/** Asks the backend about the caller of a request, as one call for all requests that wait for it. */
import type { AuthorizationRequest, AuthorizerOptions } from '../authorizer.ts'
import type { CacheLoader } from '../callers/cache-loader.ts'
import type { LoadResult } from '../callers/caller-status.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { shareOf } from '../share-of.ts'

export interface AboutCaller extends Pick<AuthorizerOptions, 'observer' | 'fairnessKey'> {
  /** The caller's identity as text. */
  readonly text: string
  /** How many answers the request has waited for, this one included. */
  readonly attempt: number
}

/** Never rejects. */
export function askAboutCaller(
  cache: ServiceCache,
  loader: CacheLoader,
  request: AuthorizationRequest,
  { text, attempt, observer, fairnessKey }: AboutCaller,
): Promise<LoadResult> {
  const { credentials, referrer, usage } = request
  if (attempt === 1) observer.cached('miss', cache.service.id, credentials)
  const identity = cache.identities.find(credentials, referrer)
  const known = cache.isAccepted(text, identity)
  const share = known ? undefined : shareOf(known, text, request, { fairnessKey })
  return loader.load({ credentials, referrer, usage: usage.usage, application: identity?.application, known, share })
}
