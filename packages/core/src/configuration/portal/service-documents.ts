/** Finds the service documents in the forms that portals export. */
import { isRecord, kindOf } from '../../validation/checks.ts'
import { type DocumentPart, documentPart } from './document.ts'

/** The option's name, with which the path of every problem begins. */
const ROOT = 'proxyConfig'

/**
 * Accepts one service; `{services}` (APIcast's file, spec.json); `{proxy_configs}` (the portal's lists);
 * `{proxy_config}` (one version of one service).
 */
export function serviceDocuments(document: unknown, problems: string[]): readonly DocumentPart[] {
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

function listed(root: DocumentPart): readonly DocumentPart[] | undefined {
  if (root.has('services')) return root.parts('services')
  if (root.has('proxy_configs')) return root.parts('proxy_configs').flatMap(contentOf)
  if (root.has('proxy_config')) return contentOf(root)
  return root.has('proxy') ? [root] : undefined
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
