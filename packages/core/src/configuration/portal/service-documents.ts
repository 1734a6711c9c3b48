/** Finds the service documents in the forms that portals export. */
import { isRecord, kindOf } from '../../validation/checks.ts'
import { type DocumentPart, documentPart } from './document.ts'

/** The option's name, with which the path of every problem begins. */
const ROOT = 'proxyConfig'

/** A service as the document has it. */
export interface ServiceDocument {
  readonly part: DocumentPart
  /** Its entry in the list `oidc`, unread; undefined without one. */
  readonly oidc: unknown
  /** Whether it is of a list that the portal gave, in the order in which services were last promoted. */
  readonly listed: boolean
}

/**
 * Accepts one service; `{services}` (APIcast's file, spec.json); `{proxy_configs}` (the portal's lists);
 * `{proxy_config}` (one version of one service).
 */
export function serviceDocuments(document: unknown, problems: string[]): readonly ServiceDocument[] {
  if (!isRecord(document)) {
    problems.push(`${ROOT} must be an object, as JSON.parse makes it, not ${kindOf(document)}`)
    return []
  }
  const found = listed(documentPart(document, ROOT, problems))
  if (found === undefined) {
    problems.push(`${ROOT} has none of services, proxy_configs, proxy_config and proxy: it is no 3scale configuration`)
    return []
  }
  if (found.length === 0 && problems.length === 0) problems.push(`${ROOT} contains no service`)
  return found
}

function listed(root: DocumentPart): readonly ServiceDocument[] | undefined {
  if (root.has('services')) {
    const entries = root.list('oidc')
    return root.parts('services').map((part, index) => ({ part, oidc: entryOf(part, entries, index), listed: false }))
  }
  const contents = root.has('proxy_configs')
    ? root.parts('proxy_configs').flatMap(contentOf)
    : root.has('proxy_config')
      ? contentOf(root)
      : root.has('proxy')
        ? [root]
        : undefined
  return contents?.map((part) => ({ part, oidc: undefined, listed: root.has('proxy_configs') }))
}

/** The entry with the service's id, or the one at its place: APIcast's places shift when it leaves services out. */
function entryOf(part: DocumentPart, entries: readonly unknown[], index: number): unknown {
  const id = part.textOrInteger('id')
  const named = entries.find((entry) => idOf(entry) !== undefined && idOf(entry) === id)
  return named ?? (idOf(entries[index]) === undefined ? entries[index] : undefined)
}

function idOf(entry: unknown): string | undefined {
  const id = isRecord(entry) ? entry.service_id : undefined
  return typeof id === 'string' || Number.isSafeInteger(id) ? String(id) : undefined
}

function contentOf(wrapper: DocumentPart): readonly DocumentPart[] {
  const config = wrapper.part('proxy_config')
  const content = config?.part('content')
  if (content !== undefined) return [content]
  if (config === undefined ? !wrapper.has('proxy_config') : !config.has('content')) {
    wrapper.problem('proxy_config.content', 'is missing')
  }
  return []
}
