/** Who may read what of the portal (porta lib/api_authentication). */
import { type EmulatorRequest, headerOf } from '../http/message.ts'
import { defaultProviderKey } from '../provider/directory.ts'
import type { EmulatorState, ServiceState } from '../provider/state.ts'

/** Tells of each service whether the request may read it; undefined if the request is refused. */
export function accessOf(
  request: EmulatorRequest,
  query: URLSearchParams,
  { services, portal }: EmulatorState,
): ((service: ServiceState) => boolean) | undefined {
  const basic = basicToken(headerOf(request, 'authorization') ?? '')
  const token = query.get('access_token') || basic
  if (portal?.access_tokens?.includes(token)) return () => true
  const key = query.get('provider_key') || basic
  const isOwn = ({ provider_key = defaultProviderKey }: ServiceState) => provider_key === key
  return services.some(isOwn) ? isOwn : undefined
}

/** The first part of user and password that is not empty. */
function basicToken(authorization: string): string {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? []
  const [, user, password = ''] = /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  return user || password
}
