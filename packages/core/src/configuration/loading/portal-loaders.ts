/** The loaders of this process: gateways with the same portal share one, so that it is asked once for all of them. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { PORTAL_LIST } from '../../defaults.ts'
import { type Clock, systemClock } from '../../primitives/clock.ts'
import { createFetchJson } from '../fetch-json.ts'
import type { ResolvedPortal } from '../options/resolved-options.ts'
import { ConfigurationLoader } from './configuration-loader.ts'
import { LastGoodFile } from './last-good-file.ts'
import { createPortalReader } from './portal-reader.ts'

/** What a portal is reached with. */
interface Means {
  readonly dispatcher: Dispatcher | undefined
  readonly clock: Clock
  /** Called with the system's code if the last good file cannot be written. */
  readonly onUnwritten: (code: string) => void
}

interface SharedLoader extends Pick<Means, 'dispatcher' | 'clock'> {
  /** All settings, the token as HMAC. */
  readonly key: string
  readonly loader: ConfigurationLoader
}

interface Registry {
  readonly salt: Buffer
  readonly loaders: SharedLoader[]
}

// Registered, so that two copies of the package share the loaders. Its members are a contract between versions.
const REGISTRY: unique symbol = Symbol.for('threescale.portal-loaders.1') as never

/** The loader of a portal. It reads nothing before it has a user, and ends with its last one. */
export function portalLoader(portal: ResolvedPortal, { dispatcher, clock, onUnwritten }: Means): ConfigurationLoader {
  const { salt, loaders } = registry()
  const token = createHmac('sha256', salt).update(portal.token).digest('base64url')
  const key = JSON.stringify({ ...portal, token })
  const known = loaders.find((one) => one.key === key && one.dispatcher === dispatcher && one.clock === clock)
  if (known !== undefined) return known.loader
  const { lastGoodFile, timeoutMs, reloadMs, startTimeoutMs } = portal
  const ending = new AbortController()
  const fetchJson = createFetchJson({
    dispatcher,
    clock,
    timeoutMs,
    maxBytes: PORTAL_LIST.maxPageBytes,
    authorization: `Basic ${Buffer.from(`${portal.token}:`).toString('base64')}`,
    ending: ending.signal,
  })
  const loader = new ConfigurationLoader({
    read: createPortalReader(portal, fetchJson),
    source: 'portal',
    from: new URL(portal.endpoint).host,
    reloadMs,
    startTimeoutMs,
    // A disk goes by no other clock than the system's.
    lastGood: lastGoodFile === undefined ? undefined : new LastGoodFile(lastGoodFile, onUnwritten, systemClock),
    clock,
    onEnd() {
      loaders.splice(loaders.indexOf(shared), 1)
      ending.abort()
    },
  })
  const shared = { key, dispatcher, clock, loader }
  loaders.push(shared)
  return loader
}

function registry(): Registry {
  const holder = process as unknown as { [REGISTRY]?: Registry }
  holder[REGISTRY] ??= { salt: randomBytes(32), loaders: [] }
  return holder[REGISTRY]
}
