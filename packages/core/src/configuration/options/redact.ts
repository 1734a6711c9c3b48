/** The options without secrets: for `gateway.options`, inspection and logs. */
import type { Dispatcher } from 'undici'
import type { ThreeScaleClient } from '../../client/client.ts'
import type { Journal } from '../../ledger/journal.ts'
import type { UsageStore } from '../../ledger/store.ts'
import type { Logger } from '../../observe/logger.ts'
import type { ResolvedOptions } from './resolved-options.ts'

/** Secrets read `***`; functions and objects with methods are named by kind, `[function]` for example. */
export type ShownOptions = {
  readonly [Name in Exclude<keyof ResolvedOptions, 'clock' | 'warnings'>]: Name extends 'proxyConfig'
    ? string | undefined
    : Shown<ResolvedOptions[Name]>
}

type Shown<Value> = Value extends
  | ((...given: never[]) => unknown)
  | Dispatcher
  | ThreeScaleClient
  | Logger
  | Journal
  | UsageStore
  ? string
  : Value extends object
    ? { readonly [Name in keyof Value]: Shown<Value[Name]> }
    : Value

/** A frozen copy without secrets, functions, or objects that could contain secrets. */
export function redactOptions(options: ResolvedOptions<never>): ShownOptions {
  const {
    clock,
    warnings,
    serviceToken,
    providerKey,
    client,
    dispatcher,
    proxyConfig,
    portal,
    logger,
    journal,
    store,
    ...rest
  } = options
  return show({
    ...rest,
    serviceToken: masked(serviceToken),
    providerKey: masked(providerKey),
    credentials: withoutAnonymous(options.credentials),
    client: client === undefined ? undefined : '[ThreeScaleClient]',
    dispatcher: dispatcher === undefined ? undefined : `[${dispatcher.constructor?.name || 'Dispatcher'}]`,
    // Not shown, because the service token is one of its hundred fields.
    proxyConfig: proxyConfig === undefined ? undefined : '[proxy configuration]',
    portal: portal && { ...portal, token: masked(portal.token) },
    logger: logger === undefined ? undefined : '[logger]',
    journal: journal === undefined ? undefined : '[journal]',
    store: store === undefined ? undefined : '[store]',
  }) as ShownOptions
}

function masked(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : '***'
}

function withoutAnonymous(credentials: ResolvedOptions<never>['credentials']): unknown {
  if (typeof credentials !== 'object' || credentials.kind === 'oidc' || credentials.anonymous === undefined) {
    return credentials
  }
  const names = Object.keys(credentials.anonymous)
  return { ...credentials, anonymous: Object.fromEntries(names.map((name) => [name, '***'])) }
}

function show(value: unknown): unknown {
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(show))
  const shown: Record<string, unknown> = Object.create(Object.getPrototypeOf(value))
  for (const [name, member] of Object.entries(value)) shown[name] = show(member)
  return Object.freeze(shown)
}
