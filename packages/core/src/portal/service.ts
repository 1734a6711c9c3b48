/** Reads one service document (APIcast configuration.lua, parse_service). */
import { readCredentials } from './credentials.ts'
import { readDenialTexts } from './denial-texts.ts'
import { type DocumentPart, documentPart } from './document.ts'
import { readPolicies } from './policies.ts'
import type { PortalService } from './portal-service.ts'
import { readRules } from './rules.ts'

/** What is asked of every service of a document, and where its warnings go. */
export interface ServiceContext {
  readonly needsId: boolean
  readonly needsCredentials: boolean
  warn(sentence: string): void
  ignorePolicy(policy: string, service: string): void
}

/** Where a document names no host (APIcast configuration.lua). */
const DEFAULT_HOSTS = ['localhost']

export function readService(part: DocumentPart, context: ServiceContext): PortalService {
  const id = part.textOrInteger('id')
  if (id === undefined && context.needsId) part.problem('id', 'is missing')
  const given = part.part('proxy')
  if (given === undefined) part.problem('proxy', 'is missing')
  const proxy = given ?? documentPart({}, `${part.path}.proxy`, [])
  const policies = readPolicies(proxy, id ?? 'without id', context)
  const { serviceToken, providerKey } = readOwnCredential(part)
  return {
    id,
    hosts: (proxy.texts('hosts') ?? DEFAULT_HOSTS).map((host) => host.toLowerCase().replace(/:\d+$/, '')),
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

function readOwnCredential(part: DocumentPart): Pick<PortalService, 'serviceToken' | 'providerKey'> {
  const type = part.text('backend_authentication_type')
  const value = part.text('backend_authentication_value') || undefined
  if (type !== undefined && type !== 'service_token' && type !== 'provider_key') {
    part.problem('backend_authentication_type', "must be 'service_token' or 'provider_key'")
  }
  return {
    serviceToken: type === 'service_token' ? value : undefined,
    providerKey: type === 'provider_key' ? value : undefined,
  }
}

function readBackendUrl(backend: DocumentPart | undefined): string | undefined {
  const endpoint = backend?.text('endpoint')
  if (backend === undefined || endpoint === undefined || endpoint === '') return undefined
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  // The value itself is not shown: it may carry a password.
  if (url === undefined || !/^https?:$/.test(url.protocol)) backend.problem('endpoint', 'must be an http or https URL')
  else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    backend.problem('endpoint', 'must not contain a user name, a password, a query or a fragment')
  } else {
    return url.href.replace(/\/+$/, '')
  }
  return undefined
}
