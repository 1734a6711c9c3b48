/** The options of a client: as they are written, checked, and with their defaults. */
import type { Dispatcher } from 'undici'
import { CLIENT_DEFAULTS } from '../defaults.ts'
import { ConfigError } from '../errors.ts'
import { CLOCK, type Clock, MAX_TIMER_MS, systemClock } from '../primitives/clock.ts'
import { checkBackendUrl } from '../validation/backend-url.ts'
import {
  type Check,
  checkTable,
  either,
  isRecord,
  kindOf,
  type OptionTable,
  text,
  whole,
} from '../validation/checks.ts'
import { checkDispatcher } from '../validation/dispatcher.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { TRANSPORT, type Transport } from './transport/transport.ts'

/** Under this symbol a gateway tells its client that it warns of the options itself. */
export const WARNED: unique symbol = Symbol.for('threescale.warned')

export interface ClientOptions extends ConnectionOptions {
  /** Headers for every call; they replace the client's own headers of the same name. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * How often a call is sent again after its connection failed, within the same `timeoutMs`. An authorize may always be
   * sent again. An authrep or a report may only before a byte of it was written, so that nothing is counted twice.
   * Default 1; false for none.
   */
  readonly retry?: number | false | undefined
  /**
   * The most connections at once. There are fewer where the backend serves fewer; further calls wait for one, within
   * their `timeoutMs`. Default 128.
   */
  readonly maxConnections?: number | undefined
  readonly [CLOCK]?: Clock | undefined
  readonly [WARNED]?: boolean | undefined
  readonly [TRANSPORT]?: Transport | undefined
}

export interface ResolvedClientOptions {
  readonly serviceId: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Without a slash at the end. */
  readonly backendUrl: string
  readonly timeoutMs: number
  readonly dispatcher: Dispatcher | undefined
  readonly connectionTtlMs: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly retry: number
  readonly maxConnections: number
  readonly clock: Clock
  readonly transport: Transport | undefined
}

const CLIENT_TABLE: OptionTable = {
  serviceId: text(),
  serviceToken: text(),
  providerKey: text(),
  backendUrl: checkBackendUrl,
  timeoutMs: whole(1, MAX_TIMER_MS),
  dispatcher: checkDispatcher,
  connectionTtlMs: whole(1, MAX_TIMER_MS),
  headers: checkHeaders,
  retry: either(
    (value) => value === false,
    () => 0,
    whole(0, 10),
  ),
  maxConnections: whole(1, 65_535),
}

/** Headers that frame the message or select its reading; only the client sets them. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  '3scale-options',
])

/** @throws ConfigError with every problem; no value is quoted. */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  const seams = options
  if (!isRecord(options)) throw new ConfigError([`options must be an object, not ${kindOf(options)}`])
  const problems: string[] = []
  const given = checkTable(options, CLIENT_TABLE, '', problems)
  if (options.serviceToken !== undefined && options.providerKey !== undefined) {
    problems.push('serviceToken and providerKey exclude each other: the backend would ignore the token')
  } else if (options.serviceToken === undefined && options.providerKey === undefined) {
    problems.push('serviceToken is missing (or providerKey)')
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze({
    serviceId: undefined,
    serviceToken: undefined,
    providerKey: undefined,
    dispatcher: undefined,
    ...CLIENT_DEFAULTS,
    ...given,
    clock: seams[CLOCK] ?? systemClock,
    transport: seams[TRANSPORT],
  })
}

function checkHeaders(value: unknown, path: string, problems: string[]): ReturnType<Check> {
  if (!isRecord(value)) {
    problems.push(`${path} must be an object of header names and values, not ${kindOf(value)}`)
    return undefined
  }
  const headers: Record<string, string> = Object.create(null)
  for (const [name, header] of Object.entries(value)) {
    const here = `${path}[${JSON.stringify(name.slice(0, 64))}]`
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) problems.push(`${here} is no header name`)
    else if (FRAMING.has(name.toLowerCase())) problems.push(`${here} is set by the client itself`)
    else if (typeof header !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(header)) {
      problems.push(`${here} must be a string that can stand in a header`)
    } else headers[name.toLowerCase()] = header
  }
  return Object.freeze(headers)
}
