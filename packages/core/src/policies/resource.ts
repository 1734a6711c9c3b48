/** Whether a request is for the resource of a policy, which is written like the pattern of a mapping rule. */
import { createListMatcher } from '../mapping/list-matcher.ts'
import { mountedView } from '../mapping/mounted-view.ts'
import type { Rule } from '../mapping/rule.ts'
import type { RequestView } from '../request/request-view.ts'

export interface ResourceSettings {
  readonly pattern: string
  /** 'ANY' for all. */
  readonly methods: readonly string[]
}

/** How the requests of a service are read. */
export interface ResourceReading {
  /** As the option `caseInsensitivePaths`. */
  readonly ignoreCase: boolean | undefined
  /** The path below which the service sees requests; undefined if it sees them as they are. */
  readonly mountPath: string | undefined
}

/** 'unclear': the request can be read in ways of which some are for the resource (law 13). HEAD is read as GET, too. */
export type Resource = (view: RequestView) => 'yes' | 'no' | 'unclear'

export function createResource(
  { pattern, methods }: ResourceSettings,
  { ignoreCase, mountPath }: ResourceReading,
): Resource {
  const rules = methods.map((method): Rule => ({ method, pattern, metric: 'hits', delta: 0, last: false, query: {} }))
  const lists = createListMatcher([rules], ignoreCase, false)
  return (view) => {
    const found = lists.match(mountPath === undefined ? view : mountedView(view, mountPath))
    return found === 'ambiguous' ? 'unclear' : found === 0 ? 'yes' : 'no'
  }
}
