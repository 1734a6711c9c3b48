/** Reads one service document (APIcast configuration.lua, parse_service). */
import { hostnameOf } from '../../request/hostname.ts'
import { type DocumentPart, documentPart } from './document.ts'
import type { PortalService } from './portal-service.ts'
import { readCredentials } from './read-credentials.ts'
import { readDenialTexts } from './read-denial-texts.ts'
import { readPolicies } from './read-policies.ts'
import { readRules } from './read-rules.ts'

/** What every service of a document must contain, and what receives its warnings. */
export interface ServiceContext {
  readonly needsId: boolean
  /** Whether it needs a service token or provider key. */
  readonly needsProviderCredential: boolean
  readonly needsCredentials: boolean
  warn(sentence: string): void
  ignorePolicy(policy: string, service: string): void
}

/** Used if a document names no host (APIcast configuration.lua). */
const DEFAULT_HOSTS = ['localhost']

export function readService(part: DocumentPart, context: ServiceContext): PortalService {
  const id = part.textOrInteger('id')
  if (context.needsId && !part.has('id')) part.problem('id', 'is missing')
  else if (id !== undefined) notePadding(part, 'id', id)
  const given = part.part('proxy')
  if (!part.has('proxy')) part.problem('proxy', 'is missing')
  const proxy = given ?? documentPart({}, `${part.path}.proxy`, [])
  const policies = readPolicies(proxy, id ?? 'without id', context)
  const { serviceToken, providerKey } = readProviderCredential(part, context)
  return {
    id,
    hosts: (proxy.texts('hosts') ?? DEFAULT_HOSTS).map(hostnameOf),
    backendUrl: readBackendUrl(proxy.part('backend')),
    serviceToken,
    providerKey,
    credentials: readCredentials(part, proxy, policies.anonymous, context),
    mappingRules: readRules(proxy),
    texts: readDenialTexts(proxy),
    referrer: policies.referrer,
    rateLimitHeaders: policies.rateLimitHeaders,
  }
}

function readProviderCredential(
  part: DocumentPart,
  { needsProviderCredential }: ServiceContext,
): Pick<PortalService, 'serviceToken' | 'providerKey'> {
  const type = part.text('backend_authentication_type')
  const value = part.text('backend_authentication_value')
  if (type !== undefined && type !== 'service_token' && type !== 'provider_key') {
    part.problem('backend_authentication_type', "must be 'service_token' or 'provider_key'")
  }
  if (needsProviderCredential) {
    for (const name of PROVIDER_CREDENTIAL) if (!part.has(name)) part.problem(name, 'is missing')
    if (value !== undefined) notePadding(part, 'backend_authentication_value', value)
  }
  return {
    serviceToken: type === 'service_token' ? value : undefined,
    providerKey: type === 'provider_key' ? value : undefined,
  }
}

const PROVIDER_CREDENTIAL = ['backend_authentication_type', 'backend_authentication_value']

/** Checked like a text of the options, because it is sent to the backend unchanged. */
function notePadding(part: DocumentPart, name: string, value: string): void {
  if (value === '') part.problem(name, 'is empty')
  else if (value !== value.trim()) part.problem(name, 'begins or ends with a blank or a line break')
}

function readBackendUrl(backend: DocumentPart | undefined): string | undefined {
  const endpoint = backend?.text('endpoint')
  if (backend === undefined || endpoint === undefined || endpoint === '') return undefined
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  // The value is not shown, because it may contain a password.
  if (url === undefined || !/^https?:$/.test(url.protocol)) backend.problem('endpoint', 'must be an http or https URL')
  else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    backend.problem('endpoint', 'must not contain a user name, a password, a query or a fragment')
  } else {
    return url.href.replace(/\/+$/, '')
  }
  return undefined
}
