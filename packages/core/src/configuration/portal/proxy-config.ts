/** Reads from a 3scale proxy configuration what the gateway needs of each service. Loads nothing. */
import { ConfigError } from '../../errors.ts'
import type { DocumentPart } from './document.ts'
import type { PortalService } from './portal-service.ts'
import { readService, type ServiceContext } from './read-service.ts'
import { serviceDocuments } from './service-documents.ts'

export interface ProxyConfig {
  /** At least one; ids are unique. */
  readonly services: readonly PortalService[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
}

/** What the explicit options contain, so that the document need not. */
export interface ProxyConfigContext {
  /** If there are several services, only this one is read. */
  readonly serviceId?: string | undefined
  /** Whether the options have a service token, a provider key or a client. */
  readonly providerCredential?: boolean | undefined
  /** Whether `credentials` is a function. */
  readonly credentialsFunction?: boolean | undefined
}

/**
 * Reads every form that portals and APIcast use; `null` counts as absent.
 *
 * @throws ConfigError with every problem of the document, each beginning with its path.
 */
export function readProxyConfig(document: unknown, context: ProxyConfigContext = {}): ProxyConfig {
  const problems: string[] = []
  const warnings: string[] = []
  const ignoredPolicies = new Map<string, string[]>()
  const serviceContext: ServiceContext = {
    needsId: context.serviceId === undefined,
    needsProviderCredential: context.providerCredential !== true,
    needsCredentials: context.credentialsFunction !== true,
    warn: (sentence) => void warnings.push(sentence),
    ignorePolicy: (policy, service) =>
      void ignoredPolicies.set(policy, [...(ignoredPolicies.get(policy) ?? []), service]),
  }
  const documents = chosen(serviceDocuments(document, problems), context.serviceId, problems)
  const read = documents.map((part) => readService(part, serviceContext))
  if (problems.length > 0) throw new ConfigError(problems)
  const services = withoutDuplicates(read, warnings)
  if (ignoredPolicies.size > 0) warnings.push(ignoredPoliciesWarning(ignoredPolicies))
  return { services, warnings }
}

/** Only the chosen service is read, because the others may be of an unsupported kind. */
function chosen(
  documents: readonly DocumentPart[],
  serviceId: string | undefined,
  problems: string[],
): readonly DocumentPart[] {
  if (serviceId === undefined || documents.length < 2) return documents
  const found = documents.filter((part) => part.textOrInteger('id') === serviceId)
  if (found.length === 0) {
    problems.push(`serviceId ${JSON.stringify(serviceId)} is none of the ${documents.length} services of proxyConfig`)
  }
  return found
}

/** If two services have the same id or the same host, the first one wins (APIcast configuration_store.lua). */
function withoutDuplicates(read: readonly PortalService[], warnings: string[]): readonly PortalService[] {
  const ids = new Set<string | undefined>()
  const owners = new Map<string, string>()
  return read.flatMap((service) => {
    const name = service.id ?? 'without id'
    if (ids.has(service.id)) {
      warnings.push(`proxyConfig has service ${name} more than once; the first one is used`)
      return []
    }
    ids.add(service.id)
    const hosts = service.hosts.filter((host) => {
      const owner = owners.get(host)
      if (owner === undefined) owners.set(host, name)
      else if (owner !== name) warnings.push(`services ${owner} and ${name} have the host ${host}; it goes to ${owner}`)
      return owner === undefined
    })
    return [{ ...service, hosts }]
  })
}

function ignoredPoliciesWarning(ignored: ReadonlyMap<string, readonly string[]>): string {
  const list = [...ignored].map(([policy, services]) => `${policy} (service ${services.join(', ')})`).join('; ')
  return `policies of the proxy configuration that have no effect here: ${list}`
}
