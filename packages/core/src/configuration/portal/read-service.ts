/** Reads one service document (APIcast configuration.lua, parse_service). */
import { hostnameOf } from '../../request/hostname.ts'
import { checkBackendUrl } from '../../validation/backend-url.ts'
import { text } from '../../validation/checks.ts'
import { type DocumentPart, documentPart } from './document.ts'
import type { PortalService } from './portal-service.ts'
import { readCredentials, readMethod } from './read-credentials.ts'
import { readDenialTexts } from './read-denial-texts.ts'
import { readOidc } from './read-oidc.ts'
import { readPolicies } from './read-policies.ts'
import { readRouting } from './read-routing.ts'
import { readRules } from './read-rules.ts'

/** What every service of a document must contain, and what receives its warnings. */
export interface ServiceContext {
  readonly needsId: boolean
  /** Whether it needs a service token or provider key. */
  readonly needsProviderCredential: boolean
  readonly needsCredentials: boolean
  /** Whether keys may be fetched by plain http from another machine. */
  readonly allowHttpIssuer: boolean
  /** The backend that the process is; undefined if it is the whole product. */
  readonly backendApi: string | undefined
  warn(sentence: string): void
  ignorePolicy(policy: string, service: string): void
}

/** Used if a document names no host (APIcast configuration.lua). */
const DEFAULT_HOSTS = ['localhost']

/** @param oidc the entry that APIcast's configuration file has for the service. */
export function readService(part: DocumentPart, oidc: unknown, context: ServiceContext): Omit<PortalService, 'rank'> {
  const id = part.textOrInteger('id')
  if (context.needsId && !part.has('id')) part.problem('id', 'is missing')
  else if (id !== undefined) checkText(part, 'id', id)
  const given = part.part('proxy')
  if (!part.has('proxy')) part.problem('proxy', 'is missing')
  const proxy = given ?? documentPart({}, `${part.path}.proxy`, [])
  const policies = readPolicies(proxy, id ?? 'without id', context)
  const { serviceToken, providerKey } = readProviderCredential(part, context)
  const hosts = proxy.has('hosts') ? (proxy.texts('hosts') ?? []) : DEFAULT_HOSTS
  const backendUrl = readBackendUrl(proxy.part('backend'))
  const method = readMethod(part, proxy, context)
  const mappingRules = readRules(proxy)
  return {
    id,
    hosts: hosts.map(hostnameOf),
    backendUrl,
    serviceToken,
    providerKey,
    credentials:
      method === undefined || method === 'oidc'
        ? undefined
        : readCredentials(method, proxy, policies.anonymous, context),
    oidc: method === 'oidc' && context.needsCredentials ? readOidc(proxy, oidc, context) : undefined,
    mappingRules,
    ...readRouting(proxy, policies.routing, mappingRules, context.backendApi),
    texts: readDenialTexts(proxy),
    policies: policies.deciding,
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
    if (value !== undefined) checkText(part, 'backend_authentication_value', value)
  }
  return {
    serviceToken: type === 'service_token' ? value : undefined,
    providerKey: type === 'provider_key' ? value : undefined,
  }
}

const PROVIDER_CREDENTIAL = ['backend_authentication_type', 'backend_authentication_value']

/** Checked like a text of the options, because it is sent to the backend unchanged. */
function checkText(part: DocumentPart, name: string, value: string): void {
  const problems: string[] = []
  text()(value, '', problems)
  for (const problem of problems) part.problem(name, problem.trim())
}

/** Checked like the option, so that what can be read can be called. */
function readBackendUrl(backend: DocumentPart | undefined): string | undefined {
  const endpoint = backend?.text('endpoint')
  if (backend === undefined || endpoint === undefined || endpoint === '') return undefined
  const problems: string[] = []
  const url = checkBackendUrl(endpoint, '', problems)
  for (const problem of problems) backend.problem('endpoint', problem.trim())
  return url
}
