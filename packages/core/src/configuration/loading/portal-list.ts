/** Reads the list of an account's configurations from the portal: all pages, asked for conditionally. */
import { PORTAL_LIST } from '../../defaults.ts'
import { Slice } from '../../primitives/slice.ts'
import { isRecord } from '../../validation/checks.ts'
import { type FetchedDocument, FetchFailed, type FetchJson } from '../fetch-json.ts'
import { digestOf, idOf } from './loaded-configuration.ts'

/** One version of one service. */
export interface PortalEntry {
  readonly id: string
  readonly version: number
  readonly content: Readonly<Record<string, unknown>>
  readonly digest: string
}

export class PortalList {
  readonly #url: string
  readonly #fetchJson: FetchJson
  #pages: readonly FetchedDocument[] = []
  readonly #entries = new WeakMap<object, readonly PortalEntry[]>()

  /** @param url without a query. */
  constructor(url: string, fetchJson: FetchJson) {
    this.#url = url
    this.#fetchJson = fetchJson
  }

  /** Whether the list has more than one page. */
  get isLong(): boolean {
    return this.#pages.length > 1
  }

  /**
   * The newest version of each service. Rejects with a FetchFailed if a page cannot be read, or is none.
   *
   * @returns undefined if every page is the same as before.
   */
  async read(): Promise<ReadonlyMap<string, PortalEntry> | undefined> {
    const before = this.#pages
    const pages: FetchedDocument[] = []
    const newest = new Map<string, PortalEntry>()
    for (let isLast = false; !isLast; ) {
      if (pages.length === PORTAL_LIST.maxPages) throw new FetchFailed('too_many_pages')
      const query = `version=latest&page=${pages.length + 1}&per_page=${PORTAL_LIST.pageSize}`
      const page = await this.#fetchJson(`${this.#url}?${query}`, before[pages.length])
      const entries = await this.entriesOf(page.document)
      const known = newest.size
      for (const entry of entries) {
        // A portal for all tenants ignores the query, and may list older versions too.
        if (entry.version >= (newest.get(entry.id)?.version ?? 0)) newest.set(entry.id, entry)
      }
      pages.push(page)
      isLast = entries.length < PORTAL_LIST.pageSize || newest.size === known
    }
    this.#pages = pages
    const same = pages.length === before.length && pages.every(({ document }, i) => document === before[i]!.document)
    return same ? undefined : newest
  }

  /** The entries of a page. Rejects with a FetchFailed if it is none. */
  async entriesOf(document: Readonly<Record<string, unknown>>): Promise<readonly PortalEntry[]> {
    let entries = this.#entries.get(document)
    if (entries === undefined) {
      if (!Array.isArray(document.proxy_configs)) throw new FetchFailed('no_list')
      entries = await readEntries(document.proxy_configs)
      this.#entries.set(document, entries)
    }
    return entries
  }
}

async function readEntries(list: readonly unknown[]): Promise<readonly PortalEntry[]> {
  const slice = new Slice()
  const entries: PortalEntry[] = []
  // The page was parsed in this turn of the event loop.
  await slice.rest()
  for (const element of list) {
    entries.push(entryOf(element))
    if (slice.over) await slice.rest()
  }
  return entries
}

/** @throws FetchFailed if it is none: leaving it out could drop a service that is served. */
export function entryOf(element: unknown): PortalEntry {
  const config = isRecord(element) ? element.proxy_config : undefined
  const content = isRecord(config) ? contentOf(config.content) : undefined
  const id = idOf(content?.id)
  const version = isRecord(config) ? config.version : undefined
  if (content === undefined || id === undefined || !Number.isSafeInteger(version)) throw new FetchFailed('no_entry')
  return { id, version: version as number, content, digest: digestOf(content) }
}

/** Older portals send the content as a text. */
function contentOf(content: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof content !== 'string') return isRecord(content) ? content : undefined
  try {
    const parsed: unknown = JSON.parse(content)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
