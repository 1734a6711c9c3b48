/** Who may read what of the portal (porta lib/api_authentication). */
import { basicCredentials } from '../http/basic-credentials.ts'
import type { EmulatorRequest } from '../http/message.ts'
import { defaultProviderKey } from '../provider/directory.ts'
import type { EmulatorState, ServiceState } from '../provider/state.ts'

/** Tells of each service whether the request may read it; undefined if the request is refused. */
export function accessOf(
  request: EmulatorRequest,
  query: URLSearchParams,
  { services, portal }: EmulatorState,
): ((service: ServiceState) => boolean) | undefined {
  const [user, password] = basicCredentials(request) ?? ['', '']
  const basic = user || password
  const token = query.get('access_token') || basic
  if (portal?.access_tokens?.includes(token)) return () => true
  const key = query.get('provider_key') || basic
  const isOwn = ({ provider_key = defaultProviderKey }: ServiceState) => provider_key === key
  return services.some(isOwn) ? isOwn : undefined
}
