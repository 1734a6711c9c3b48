/** The resources of the portal, below /admin/api and without the format behind the dot. */
import type { EmulatorRequest, EmulatorResponse } from '../http/message.ts'
import type { ServiceState } from '../provider/state.ts'
import { type ConfigVersion, type Environment, latestOf } from './config-versions.ts'
import { numberOr } from './content.ts'
import { found, foundVersion, foundVersions, invalidEnvironment, notFound } from './portal-answers.ts'

/** A request, and what it may read. */
export interface Readable {
  readonly request: EmulatorRequest
  readonly parameters: URLSearchParams
  readonly services: readonly ServiceState[]
  /** In ascending order. */
  versions(environment: Environment): readonly ConfigVersion[]
}

/** A pattern of paths, and what answers them; it is given the groups of the pattern. */
export type Route = readonly [RegExp, (readable: Readable, ...groups: string[]) => EmulatorResponse]

const environments = new Map<string, Environment>([
  ['staging', 'sandbox'],
  ['sandbox', 'sandbox'],
  ['production', 'production'],
])

/** The first that matches answers. */
export const routes: readonly Route[] = [
  [/^\/account\/proxy_configs\/([^/]+)$/, accountList],
  [/^\/services\/proxy\/configs\/([^/]+)$/, listOfHost],
  [/^\/services\/([^/]+)\/proxy\/configs\/([^/]+)$/, listOfService],
  [/^\/services\/([^/]+)\/proxy\/configs\/([^/]+)\/([^/]+)$/, versionOfService],
  [/^\/services$/, serviceList],
]

/** All versions ever made, unless `version` names one or the latest. */
function accountList({ request, parameters, versions }: Readable, name: string): EmulatorResponse {
  const environment = environments.get(name)
  if (!environment) return invalidEnvironment(422)
  const all = versions(environment)
  const wanted = parameters.get('version')
  const chosen =
    wanted === null
      ? all
      : wanted === 'latest'
        ? latestOf(all)
        : all.filter(({ version }) => version === Number.parseInt(wanted, 10))
  const host = parameters.get('host')
  const ofHost = host === null ? chosen : chosen.filter(hasHost(host))
  return foundVersions(request, pageOf(ofHost, parameters))
}

function listOfHost({ request, parameters, versions }: Readable, name: string): EmulatorResponse {
  const environment = environments.get(name)
  if (!environment) return invalidEnvironment(400)
  const host = parameters.get('host')
  if (host === null) {
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    return { status: 400, headers, body: 'Required parameter missing: host' }
  }
  return foundVersions(request, latestOf(versions(environment)).filter(hasHost(host)))
}

function listOfService({ request, services, versions }: Readable, id: string, name: string): EmulatorResponse {
  const environment = environments.get(name)
  if (!environment) return invalidEnvironment(400)
  if (!services.some((service) => service.id === id)) return notFound
  return foundVersions(
    request,
    versions(environment).filter(({ service }) => service.id === id),
  )
}

function versionOfService({ request, versions }: Readable, id: string, name: string, which: string): EmulatorResponse {
  const environment = environments.get(name)
  if (!environment) return invalidEnvironment(400)
  const ofService = versions(environment).filter(({ service }) => service.id === id)
  const version = which === 'latest' ? ofService.at(-1) : ofService.find(({ version }) => String(version) === which)
  return version ? foundVersion(request, version) : notFound
}

function serviceList({ request, parameters, services }: Readable): EmulatorResponse {
  const members = services.map(({ id, backend_version }) => ({
    service: {
      id: numberOr(id),
      name: id,
      state: 'incomplete',
      system_name: id,
      backend_version: backend_version === 'oauth' ? 'oidc' : (backend_version ?? '2'),
      deployment_option: 'self_managed',
    },
  }))
  return found(request, { services: pageOf(members, parameters) })
}

const maxPerPage = 500

function pageOf<Item>(items: readonly Item[], parameters: URLSearchParams): readonly Item[] {
  const numberOf = (name: string) => Number.parseInt(parameters.get(name) ?? '', 10) || 0
  const page = Math.max(1, numberOf('page'))
  const perPage = numberOf('per_page')
  const size = perPage >= 1 && perPage <= maxPerPage ? perPage : maxPerPage
  return items.slice((page - 1) * size, page * size)
}

/** Porta compares by LIKE, so that `_` and `%` stand for other characters. */
function hasHost(host: string): (version: ConfigVersion) => boolean {
  const literal = host.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const pattern = new RegExp(`^${literal.replace(/%+/g, '.*').replaceAll('_', '.')}$`, 's')
  return ({ content }) => content.proxy.hosts.some((each) => pattern.test(each))
}
