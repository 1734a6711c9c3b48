/** A configuration that was loaded, in the form in which a portal lists it, and what tells its services apart. */
import { createHash } from 'node:crypto'
import { isRecord } from '../../validation/checks.ts'

export type ConfigurationSource = 'portal' | 'file' | 'last-good-file'

export interface LoadedConfiguration {
  readonly source: ConfigurationSource
  /** The portal's host, or the path of the file. */
  readonly from: string
  /** In any form that `readProxyConfig` accepts. */
  readonly document: object
  /** In the document's order. */
  readonly services: readonly LoadedService[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
}

export interface LoadedService {
  readonly id: string | undefined
  /** Undefined in files that do not say. */
  readonly version: number | undefined
  /** Equal for equal documents. */
  readonly digest: string
  /** Why it cannot be used, whatever its document says. */
  readonly problem?: string | undefined
}

/** Finds the services in a document of a file, without reading them. Odd elements are left out. */
export function servicesOf(document: Readonly<Record<string, unknown>>): readonly LoadedService[] {
  const { services, oidc, proxy_configs: list } = document
  if (Array.isArray(services)) {
    // Keys of the file are a part of what a service is.
    return services.filter(isRecord).map((content) => serviceOf(content, undefined, [content, oidc]))
  }
  const wrappers = Array.isArray(list) ? list : 'proxy_config' in document ? [document] : undefined
  if (wrappers === undefined) return [serviceOf(document, undefined, document)]
  return wrappers.filter(isRecord).flatMap(({ proxy_config: config }) => {
    if (!isRecord(config) || !isRecord(config.content)) return []
    return [serviceOf(config.content, config.version, config.content)]
  })
}

function serviceOf({ id }: Readonly<Record<string, unknown>>, version: unknown, what: unknown): LoadedService {
  return {
    id: idOf(id),
    version: Number.isSafeInteger(version) ? (version as number) : undefined,
    digest: digestOf(what),
  }
}

/** The id of a service as text; undefined for what is none. */
export function idOf(id: unknown): string | undefined {
  return typeof id === 'string' || Number.isSafeInteger(id) ? String(id) : undefined
}

/** Equal for documents with the same members in the same order. */
export function digestOf(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('base64url')
}
