/** Where the configuration of a gateway comes from, by its options. */
import { FetchFailed } from '../configuration/fetch-json.ts'
import { openConfigFile } from '../configuration/loading/config-file.ts'
import { ConfigurationLoader } from '../configuration/loading/configuration-loader.ts'
import type { LoadedConfiguration } from '../configuration/loading/loaded-configuration.ts'
import { portalLoader } from '../configuration/loading/portal-loaders.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import { CONFIG_FILE_MS } from '../defaults.ts'
import { ConfigError } from '../errors.ts'
import type { Observer } from '../observe/observer.ts'
import type { RequestView } from '../request/request-view.ts'

export interface ConfigurationSource {
  /** Whether the services are known only after a load. */
  readonly isAwaited: boolean
  /** The document to begin with; undefined if there is none, or if it is awaited. */
  readonly document: object | undefined
  /** The same, if it is followed. */
  readonly initial: LoadedConfiguration | undefined
  /** Undefined if nothing has to be loaded. */
  readonly loader: (() => ConfigurationLoader) | undefined
  /** Whether a single service gets only requests to its own hosts, because others may come. */
  readonly byHost: boolean
}

/** Reads `configFile`. @throws ConfigError if it cannot be read. @param observer called later only. */
export function configurationSource<View extends RequestView>(
  { proxyConfig, configFile, portal, serviceId, dispatcher, clock }: ResolvedOptions<View>,
  observer: () => Pick<Observer, 'warn'>,
): ConfigurationSource {
  if (portal !== undefined) {
    const byHost = serviceId === undefined && portal.serviceIds?.length !== 1
    const onUnwritten = (code: string) =>
      observer().warn('THREESCALE_LAST_GOOD_FILE', `portal.lastGoodFile cannot be written (${code})`)
    const loader = () => portalLoader(portal, { dispatcher, clock, onUnwritten })
    return { isAwaited: true, document: undefined, initial: undefined, loader, byHost }
  }
  const fixed = { isAwaited: false, document: proxyConfig, initial: undefined, loader: undefined, byHost: false }
  if (configFile === undefined) return fixed
  const { initial, read } = openFile(configFile)
  const options = { read, initial, source: 'file', from: configFile, reloadMs: CONFIG_FILE_MS, clock } as const
  const loader = () => new ConfigurationLoader({ ...options, startTimeoutMs: CONFIG_FILE_MS })
  return { ...fixed, document: initial.document, initial, loader }
}

function openFile(path: string): ReturnType<typeof openConfigFile> {
  try {
    return openConfigFile(path)
  } catch (error) {
    const code = error instanceof FetchFailed ? error.code : 'unreadable'
    throw new ConfigError([`configFile cannot be read (${code})`])
  }
}
