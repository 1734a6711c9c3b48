/** Creates the kind of authorizer that the options ask for. */
import type { Authorizer, AuthorizerOptions } from '../authorization/authorizer.ts'
import { createCachedAuthorizer } from '../authorization/cached/cached-authorizer.ts'
import { createDirectAuthorizer } from '../authorization/direct-authorizer.ts'
import { createSharedAuthorizer } from '../authorization/shared/shared-authorizer.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { RequestView } from '../request/request-view.ts'
import type { GatewayStore } from './gateway-store.ts'

/** @param store opened for the service, if there is one. */
export function createAuthorizer<View extends RequestView>(
  { cache }: ResolvedOptions<View>,
  store: GatewayStore<View> | undefined,
  given: AuthorizerOptions,
): Authorizer {
  if (store === undefined) return (cache === false ? createDirectAuthorizer : createCachedAuthorizer)(given)
  const { service } = given
  const shared = createSharedAuthorizer({ ...given, openStore: (callbacks) => store.open(service, callbacks) })
  store.add(service.id, shared.stored)
  return shared
}
