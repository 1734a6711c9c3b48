/** Reads from the portal the configuration of the services that a gateway is for. */
import { isDeepStrictEqual } from 'node:util'
import { FetchFailed, type FetchJson } from '../fetch-json.ts'
import type { ResolvedPortal } from '../options/resolved-options.ts'
import type { LoadedConfiguration, LoadedService } from './loaded-configuration.ts'
import { entryOf, type PortalEntry, PortalList } from './portal-list.ts'

/**
 * Reads a configuration. Rejects with a FetchFailed if it cannot be read.
 *
 * @param before what it read before; returned if nothing has changed.
 * @param atOnce whether a change counts also if it may be under way still.
 */
export type ReadConfiguration = (
  before: LoadedConfiguration | undefined,
  atOnce: boolean,
) => Promise<LoadedConfiguration>

/** A pinned version: as it is, or that the portal has none. */
type Pinned = PortalEntry | 'missing'

export function createPortalReader(portal: ResolvedPortal, fetchJson: FetchJson): ReadConfiguration {
  const { endpoint, environment, serviceIds, versions } = portal
  const { origin, host, pathname } = new URL(endpoint)
  const path = pathname === '/' ? '/admin/api/account/proxy_configs' : pathname
  const list = new PortalList(`${origin}${path}/${environment}.json`, fetchJson)
  const pins = Object.entries(versions).filter(([id]) => serviceIds?.includes(id) !== false)
  /** Versions never change, so each is read once. */
  const pinned = new Map<string, PortalEntry>()
  let newest: ReadonlyMap<string, PortalEntry> = new Map()
  let missing = ''
  /** The list has changed since a configuration was made of it. */
  let listChanged = false
  let made: LoadedConfiguration | undefined

  async function readPin(id: string, version: number): Promise<Pinned> {
    const known = pinned.get(id)
    if (known !== undefined) return known
    try {
      const url = `${origin}/admin/api/services/${encodeURIComponent(id)}/proxy/configs/${environment}/${version}.json`
      const { document } = await fetchJson(url, undefined)
      const entry = entryOf(document)
      if (entry.id !== id || entry.version !== version) throw new FetchFailed('no_entry')
      pinned.set(id, entry)
      return entry
    } catch (error) {
      if (error instanceof FetchFailed && error.code === 'status_404') return 'missing'
      throw error
    }
  }

  /** A deployment while pages are read moves its product behind them; what seems to be gone is looked for once more. */
  async function readList(before: LoadedConfiguration | undefined): Promise<void> {
    const found = await list.read()
    if (found === undefined) return
    listChanged = true
    newest = found
    const lacks = before?.services.some(({ id }) => !found.has(id!)) === true
    if (lacks && list.isLong) newest = new Map([...found, ...((await list.read()) ?? [])])
  }

  return async (before) => {
    await readList(before)
    const entries = new Map(newest)
    const problems = new Map<string, string>()
    for (const [id, version] of pins) {
      const pin = await readPin(id, version)
      if (pin !== 'missing') entries.set(id, pin)
      else if (entries.has(id)) problems.set(id, `the portal has no version ${version} of it in ${environment}`)
    }
    const missingBefore = missing
    missing = [...problems.keys()].join()
    if (made !== undefined && before === made && !listChanged && missing === missingBefore) return made
    const served = [...entries.values()].filter(({ id }) => serviceIds?.includes(id) !== false).sort(byId)
    if (served.length === 0) throw new FetchFailed('no_services')
    listChanged = false
    const services = served.map(({ id, version, digest }): LoadedService => {
      const problem = problems.get(id)
      return { id, version: problem === undefined ? version : versions[id], digest, problem }
    })
    // A portal that does not answer conditionally.
    if (made !== undefined && before === made && isDeepStrictEqual(services, made.services)) return made
    made = {
      source: 'portal',
      from: host,
      document: { proxy_configs: served.map(wrapped) },
      services,
      warnings: (serviceIds ?? [])
        .filter((id) => !entries.has(id))
        .map((id) => `the portal has no configuration of service ${id} in ${environment}`),
    }
    return made
  }
}

/** Of services with one host the first wins; the portal's order changes with each deployment. */
function byId({ id: one }: PortalEntry, { id: other }: PortalEntry): number {
  return Number(one) - Number(other) || (one < other ? -1 : 1)
}

function wrapped({ version, content }: PortalEntry): object {
  return { proxy_config: { version, content } }
}
