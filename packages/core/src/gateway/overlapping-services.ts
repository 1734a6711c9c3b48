/** Warns about services with the same host of which one never gets what its rules are for, as another comes first. */
import { createListMatcher } from '../mapping/list-matcher.ts'
import type { Rule } from '../mapping/rule.ts'
import { samplePath } from '../mapping/rule-pattern.ts'
import { servicesByHost } from './services-by-host.ts'

interface SharingService {
  readonly service: { readonly id: string | undefined }
  readonly hosts: readonly string[]
  readonly rank: number
  readonly rules: readonly Rule[]
}

/**
 * One sentence for each pair of services. For each rule, one request is tried that the rule is made for, so rules that
 * overlap only in part are not found: they are the usual way of telling paths apart.
 */
export function overlapWarnings(services: readonly SharingService[]): readonly string[] {
  const warnings = new Map<string, string>()
  for (const [host, sharing] of servicesByHost(services)) {
    if (sharing.length === 1) continue
    const lists = createListMatcher(
      sharing.map(({ rules }) => rules),
      false,
      true,
    )
    for (const [list, { service, rules }] of sharing.entries()) {
      for (const { method, pattern } of rules) {
        const found = lists.match({ method, url: samplePath(pattern), header: () => undefined })
        if (typeof found !== 'number' || found === -1 || found >= list) continue
        const first = sharing[found]!.service.id
        const pair = JSON.stringify([first, service.id])
        if (!warnings.has(pair)) warnings.set(pair, sentence(first, service.id, host, `${method} ${pattern}`))
      }
    }
  }
  return [...warnings.values()]
}

function sentence(first: string | undefined, id: string | undefined, host: string, rule: string): string {
  return `services ${first} and ${id} have the host ${host}; requests for the rule ${rule} of ${id} go to ${first}, whose rules come first`
}
