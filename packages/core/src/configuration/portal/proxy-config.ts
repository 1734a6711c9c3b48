/** Reads from a 3scale proxy configuration what the gateway needs of each service. Loads nothing. */
import { ConfigError } from '../../errors.ts'
import { atOnce, type Steps } from '../../primitives/steps.ts'
import { type IgnoredPolicy, ignoredPoliciesWarning } from './ignored-policies.ts'
import type { PortalRule, PortalService } from './portal-service.ts'
import { readService, type ServiceContext } from './read-service.ts'
import { type ServiceDocument, serviceDocuments } from './service-documents.ts'

export interface ProxyConfig {
  /** At least one; ids are unique. */
  readonly services: readonly PortalService[]
  /** Services that cannot be served, beside others that can. */
  readonly unusable: readonly UnusableService[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
}

/** A service of the document that cannot be served; the others are (law 18). */
export interface UnusableService {
  readonly id: string | undefined
  /** As of a `PortalService`. */
  readonly hosts: readonly string[]
  readonly rank: number
  /** Undefined if they cannot be read. */
  readonly mappingRules: readonly PortalRule[] | undefined
  /** Each begins with its path. */
  readonly problems: readonly string[]
}

/** What the explicit options contain, so that the document need not. */
export interface ProxyConfigContext {
  /** If there are several services, only this one is read. */
  readonly serviceId?: string | undefined
  /** Whether the options have a service token, a provider key or a client. */
  readonly providerCredential?: boolean | undefined
  /** Whether the options say where credentials are. */
  readonly credentials?: boolean | undefined
  /** Whether keys may be fetched by plain http from another machine. */
  readonly allowHttpIssuer?: boolean | undefined
  /** Whether services with the same host are told apart by their rules. */
  readonly pathRouting?: boolean | undefined
  /** The id of the backend that the process is. Default: it is the whole product. */
  readonly backendApi?: string | undefined
}

/**
 * Reads every form that portals and APIcast use; `null` counts as absent.
 *
 * @throws ConfigError with every problem, each beginning with its path, if no service can be used.
 */
export function readProxyConfig(document: unknown, context: ProxyConfigContext = {}): ProxyConfig {
  return atOnce(readingProxyConfig(document, context))
}

/** The same in steps, one for each service. */
export function* readingProxyConfig(document: unknown, context: ProxyConfigContext = {}): Steps<ProxyConfig> {
  const problems: string[] = []
  const warnings: string[] = []
  const ignored: IgnoredPolicy[] = []
  const serviceContext: ServiceContext = {
    needsId: context.serviceId === undefined,
    needsProviderCredential: context.providerCredential !== true,
    needsCredentials: context.credentials !== true,
    allowHttpIssuer: context.allowHttpIssuer === true,
    backendApi: context.backendApi,
    warn: (sentence) => void warnings.push(sentence),
    ignorePolicy: (name, service) => void ignored.push({ name, service }),
  }
  const documents = chosen(serviceDocuments(document, problems), context.serviceId, problems)
  const ofDocument = problems.length
  const inOrder: (Omit<ReadService, 'rank'> & Pick<ServiceDocument, 'listed'>)[] = []
  for (const { part, oidc, listed } of documents) {
    const before = problems.length
    const service = readService(part, oidc, serviceContext)
    inOrder.push({ ...service, listed, path: part.path, problems: problems.slice(before) })
    yield
  }
  const read = inOrder.toSorted(byId).map(({ listed: _, ...service }, rank): ReadService => ({ ...service, rank }))
  const noneUsable = read.every((service) => service.problems.length > 0)
  if (ofDocument > 0 || (problems.length > 0 && noneUsable)) throw new ConfigError(problems)
  const distinct = withoutDuplicates(read, warnings, context.pathRouting === true)
  const services = distinct.filter((service) => service.problems.length === 0)
  const unusable = distinct.filter((service) => service.problems.length > 0)
  for (const { id, problems } of unusable) warnings.push(unusableWarning(id, problems))
  if (ignored.length > 0) warnings.push(ignoredPoliciesWarning(ignored))
  return {
    services: services.map(({ problems: _, path: __, ...service }) => service),
    unusable: unusable.map(unusableService),
    warnings,
  }
}

/** The order of a portal's list is that of promotions, and must not decide which service comes first. */
function byId(one: { listed: boolean; id: string | undefined }, other: { id: string | undefined }): number {
  return one.listed ? Number(one.id ?? 0) - Number(other.id ?? 0) || 0 : 0
}

interface ReadService extends PortalService {
  /** Of the service in the document. */
  readonly path: string
  readonly problems: readonly string[]
}

function unusableService({ id, hosts, rank, mappingRules, path, problems }: ReadService): UnusableService {
  const unread = problems.some((problem) => /^\.proxy(?: |\.proxy_rules)/.test(problem.slice(path.length)))
  return { id, hosts, rank, mappingRules: unread ? undefined : mappingRules, problems }
}

/** What the operator is told of a service that cannot be served. */
export function unusableWarning(id: string | undefined, problems: readonly string[]): string {
  return `service ${id ?? 'without id'} cannot be used, and its requests are answered 503: ${problems.join('; ')}`
}

/** Only the chosen service is read, because the others may be of an unsupported kind. */
function chosen(
  documents: readonly ServiceDocument[],
  serviceId: string | undefined,
  problems: string[],
): readonly ServiceDocument[] {
  if (serviceId === undefined || documents.length < 2) return documents
  const found = documents.filter(({ part }) => part.textOrInteger('id') === serviceId)
  if (found.length === 0) {
    problems.push(`serviceId ${JSON.stringify(serviceId)} is none of the ${documents.length} services of proxyConfig`)
  }
  return found
}

/**
 * If two services have the same id or the same host, the first one wins (APIcast configuration_store.lua). One that cannot
 * be used keeps its hosts, but not its id from another that can be.
 */
function withoutDuplicates(
  read: readonly ReadService[],
  warnings: string[],
  sharesHosts: boolean,
): readonly ReadService[] {
  const ids = new Set<string | undefined>()
  const owners = new Map<string, string>()
  return read.flatMap((service) => {
    const name = service.id ?? 'without id'
    if (service.problems.length === 0) {
      if (ids.has(service.id)) {
        warnings.push(`proxyConfig has service ${name} more than once; the first one is used`)
        return []
      }
      ids.add(service.id)
    }
    if (sharesHosts) return [service]
    const hosts = service.hosts.filter((host) => {
      const owner = owners.get(host)
      if (owner === undefined) owners.set(host, name)
      else if (owner !== name) warnings.push(`services ${owner} and ${name} have the host ${host}; it goes to ${owner}`)
      return owner === undefined
    })
    return [{ ...service, hosts }]
  })
}
