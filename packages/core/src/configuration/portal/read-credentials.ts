/** Reads from a proxy configuration where requests carry credentials. */

import type { CredentialLocation } from '../../credentials/credentials-settings.ts'
import { DEFAULTS } from '../../defaults.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { DocumentPart } from './document.ts'
import type { PortalCredentials } from './portal-service.ts'
import type { Anonymous } from './read-policies.ts'

interface Context {
  readonly needsCredentials: boolean
  warn(sentence: string): void
}

/** APIcast's locations in our terms. If the query has no credentials, APIcast looks in the form. */
const LOCATIONS: Readonly<Record<string, readonly CredentialLocation[]>> = {
  query: ['query', 'form'],
  headers: ['headers'],
  authorization: ['authorization'],
}

/** How a service identifies callers, as its version and its proxy together say; undefined if they contradict each other. */
export function readMethod(
  service: DocumentPart,
  proxy: DocumentPart,
  { needsCredentials }: Pick<Context, 'needsCredentials'>,
): 'userKey' | 'appId' | 'oidc' | undefined {
  const version = service.textOrInteger('backend_version') ?? '1'
  const method = proxy.textOrInteger('authentication_method')
  if (version === 'oauth' && method === 'oidc') return 'oidc'
  if (version === '1' || version === '2') {
    if (method !== 'oidc' && method !== 'oauth') return version === '1' ? 'userKey' : 'appId'
    if (needsCredentials) proxy.problem('authentication_method', `is '${method}', but backend_version is '${version}'`)
  } else if (version !== 'oauth') {
    service.problem('backend_version', "must be '1', '2' or 'oauth'")
  } else if (needsCredentials) {
    proxy.problem('authentication_method', "must be 'oidc' if backend_version is 'oauth'")
  }
  return undefined
}

export function readCredentials(
  kind: 'userKey' | 'appId',
  proxy: DocumentPart,
  anonymous: Anonymous | undefined,
  context: Context,
): PortalCredentials {
  const locations = readLocation(proxy, context)
  const name = (member: string, defaultName: string, of: 'userKey' | 'appId') =>
    readName(proxy, member, defaultName, of === kind ? locations : undefined)
  return {
    kind,
    in: locations,
    names: {
      userKey: name('auth_user_key', DEFAULTS.credentials.names.userKey, 'userKey'),
      appId: name('auth_app_id', DEFAULTS.credentials.names.appId, 'appId'),
      appKey: name('auth_app_key', DEFAULTS.credentials.names.appKey, 'appId'),
    },
    anonymous: anonymous && readAnonymous(anonymous, kind, context),
    maxBytes: DEFAULTS.credentials.maxBytes,
    asApicast: true,
  }
}

function readLocation(proxy: DocumentPart, context: Context): readonly CredentialLocation[] {
  const location = proxy.text('credentials_location') ?? 'query'
  const locations = Object.hasOwn(LOCATIONS, location) ? LOCATIONS[location] : undefined
  if (locations !== undefined) return locations
  // Only a warning, because APIcast serves such a service too and denies every request.
  context.warn(`${proxy.path}.credentials_location is none that 3scale has; every request will lack credentials`)
  return []
}

/** Names are compared in lower case (APIcast service.lua). A name that is not used is not checked. */
function readName(
  proxy: DocumentPart,
  member: string,
  defaultName: string,
  usedIn: readonly CredentialLocation[] | undefined,
): string {
  const name = (proxy.text(member) ?? defaultName).toLowerCase()
  if (usedIn === undefined) return name
  if (name === '') proxy.problem(member, 'is empty')
  else if (usedIn.includes('headers') && !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
    proxy.problem(member, 'cannot be the name of a header')
  }
  return name
}

/** The credentials of the service's kind. If there are none, requests lack credentials, as with APIcast. */
function readAnonymous(anonymous: Anonymous, kind: 'userKey' | 'appId', context: Context): Credentials | undefined {
  const { userKey, appId, appKey, path } = anonymous
  if (kind === 'userKey' && userKey !== undefined) return { userKey }
  if (kind === 'appId' && appId !== undefined && appKey !== undefined) return { appId, appKey }
  context.warn(`${path} has no credentials that fit the service; requests without credentials are denied`)
  return undefined
}
