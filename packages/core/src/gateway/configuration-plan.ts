/** Compares a new configuration with the present one: what stays, what is made anew, what cannot be used. */
import type { LoadedConfiguration, LoadedService } from '../configuration/loading/loaded-configuration.ts'
import { type UnusableService, unusableWarning } from '../configuration/portal/proxy-config.ts'
import type { ServiceChange } from '../observe/messages.ts'
import type { Steps } from '../primitives/steps.ts'
import type { RequestView } from '../request/request-view.ts'
import type { ReadServices, ServiceSettings, ServiceSetup } from './configure-services.ts'
import type { overlapWarnings } from './overlapping-services.ts'

/** A service that is served. */
export interface PlannedService<View extends RequestView> {
  readonly id: string | undefined
  readonly version: number | undefined
  /** Of the document that it was set up from; undefined if it has none. */
  readonly digest: string | undefined
  readonly setup: ServiceSetup<View>
}

export interface ConfigurationPlan<View extends RequestView> {
  readonly services: readonly PlannedService<View>[]
  /** Digests by id of what cannot be used, which is told once. */
  readonly refused: ReadonlyMap<string | undefined, string | undefined>
  readonly unusable: readonly UnusableService[]
  readonly changes: readonly ServiceChange[]
  readonly warnings: readonly string[]
}

export interface Planning<View extends RequestView> {
  /** What is served at the moment. */
  readonly before: Pick<ConfigurationPlan<View>, 'services' | 'refused'>
  /** Undefined if the options describe the only service. */
  readonly loaded: LoadedConfiguration | undefined
  readonly read: ReadServices
  readonly setUp: (service: ServiceSettings) => ServiceSetup<View>
  /** Warnings about services with the same host. */
  readonly overlaps: typeof overlapWarnings
  /** Why a service cannot be replaced while the gateway runs. */
  readonly conflict: (setup: ServiceSetup<View>) => string | undefined
}

/** Sets up each service that has changed. It yields between two of them, so that others can run. */
export function* planConfiguration<View extends RequestView>(planning: Planning<View>): Steps<ConfigurationPlan<View>> {
  const { before, loaded, read, setUp, overlaps, conflict } = planning
  const known = new Map(before.services.map((service) => [service.id, service]))
  const documents = new Map<string | undefined, LoadedService>()
  for (const service of loaded?.services ?? []) {
    const first = documents.get(service.id)
    // Of several with one id, a change of any may change which of them is served.
    documents.set(service.id, first === undefined ? service : { ...first, digest: first.digest + service.digest })
  }
  const services: PlannedService<View>[] = []
  const changes: ServiceChange[] = []
  const warnings = new Set(read.warnings)
  const unusable: UnusableService[] = []
  const refused = new Map<string | undefined, string | undefined>()

  /** Law 18: what was good before keeps serving, unless the document has a second one of the id that can be used. */
  function refuse(one: UnusableService): void {
    const { id, rank, problems } = one
    const isReplaced = services.some((service) => service.id === id)
    const served = isReplaced ? undefined : known.get(id)
    const hosts = one.hosts.filter((host) => served?.setup.hosts.includes(host) !== true)
    const { version, digest }: Partial<LoadedService> = documents.get(id) ?? {}
    unusable.push({ ...one, hosts })
    refused.set(id, digest)
    if (!isReplaced && (!before.refused.has(id) || before.refused.get(id) !== digest)) {
      changes.push({ id, event: served === undefined ? 'unusable' : 'kept', from: served?.version, to: version })
    }
    const warning = unusableWarning(id, problems)
    if (served === undefined) return void warnings.add(warning)
    services.push({ ...served, setup: { ...served.setup, rank } })
    warnings.delete(warning)
    warnings.add(`service ${id} cannot be used as it is now, and stays as it was: ${problems.join('; ')}`)
  }

  for (const service of read.services) {
    const { id, hosts = [], rank = 0, mappingRules } = service
    const { version, digest, problem }: Partial<LoadedService> = documents.get(id) ?? {}
    const served = known.get(id)
    const isSame = served !== undefined && digest !== undefined && served.digest === digest
    const setup = isSame ? { ...served.setup, hosts, rank } : setUp(service)
    const trouble = problem ?? (isSame ? undefined : conflict(setup))
    if (trouble === undefined) {
      services.push({ id, version, digest, setup })
      if (served === undefined) changes.push({ id, event: 'added', from: undefined, to: version })
      else if (!isSame || served.version !== version)
        changes.push({ id, event: 'changed', from: served.version, to: version })
    } else {
      refuse({ id, hosts, rank, mappingRules, problems: [trouble] })
    }
    yield
  }
  for (const one of read.unusable) refuse(one)
  const ids = new Set(services.map(({ id }) => id))
  for (const { id, version } of before.services) {
    if (!ids.has(id)) changes.push({ id, event: 'removed', from: version, to: undefined })
  }
  return { services, refused, unusable, changes, warnings: [...warnings, ...overlaps(services.map(sharingOf))] }
}

function sharingOf<View extends RequestView>({
  setup,
}: PlannedService<View>): Parameters<typeof overlapWarnings>[0][0] {
  return { ...setup, service: setup.access }
}
