/** Chooses the service of a request by host and, with path routing, by mapping rules. Knows nothing of callers. */
import type { UnusableService } from '../configuration/portal/proxy-config.ts'
import type { Refusal } from '../decision/refusal.ts'
import { createListMatcher } from '../mapping/list-matcher.ts'
import type { Rule } from '../mapping/rule.ts'
import { hostnameOf } from '../request/hostname.ts'
import type { RequestView } from '../request/request-view.ts'
import type { ConfiguredService } from './configured-service.ts'
import { PATH_AMBIGUOUS, SERVICE_NOT_FOUND, SERVICE_UNUSABLE } from './fixed-refusals.ts'
import { servicesByHost } from './services-by-host.ts'

/** The service of a request, or why it has none. */
export type ServiceChooser<View extends RequestView> = (view: View) => ConfiguredService<View> | Refusal

/** A set of services, among which requests are divided. */
export interface ServiceSet<View extends RequestView> {
  readonly services: readonly ConfiguredService<View>[]
  /** Services that cannot be served. Requests that are for them are refused. */
  readonly unusable: readonly UnusableService[]
  /** Whether services with the same host are told apart by their rules; 'only': whether any service must have a rule. */
  readonly pathRouting: boolean | 'only'
  /** Whether a single service gets only requests to its own hosts, because others may come. Default false. */
  readonly byHost?: boolean | undefined
  /** As the option. */
  readonly caseInsensitivePaths: boolean | undefined
}

/** What requests can be for: a service, or one that cannot be served. */
interface Candidate<View extends RequestView> {
  readonly chosen: ConfiguredService<View> | Refusal
  readonly hosts: readonly string[]
  readonly rank: number
  readonly rules: readonly Rule[] | undefined
}

/**
 * A single service gets every request, whatever the host, unless `byHost` is set. Of several services with one host the first gets its requests,
 * or with path routing the first that has a rule for them. If none has, the first of the host gets them, unless the option
 * is 'only' (APIcast policy/find_service). A pure function of the set, so that it can be replaced as a whole.
 */
export function createServiceChooser<View extends RequestView>(set: ServiceSet<View>): ServiceChooser<View> {
  const candidates: Candidate<View>[] = [
    ...set.services.map((chosen) => ({ chosen, hosts: chosen.hosts, rank: chosen.rank, rules: chosen.rules })),
    ...set.unusable.map(({ hosts, rank, mappingRules }) => {
      return { chosen: SERVICE_UNUSABLE, hosts, rank, rules: mappingRules }
    }),
  ]
  if (candidates.length === 1 && set.byHost !== true) return choiceAmong(candidates, set)
  const choices = new Map<string, ServiceChooser<View>>()
  for (const [host, sharing] of servicesByHost(candidates)) choices.set(host, choiceAmong(sharing, set))
  const choiceFor = (host: string | undefined) => (host === undefined ? undefined : choices.get(hostnameOf(host)))
  return (view) => {
    const choose = choiceFor(view.host)
    if (choose === undefined) return SERVICE_NOT_FOUND
    const chosen = choose(view)
    // A name that servers put there themselves belongs to no service.
    const byUrl = choiceFor(view.urlHost)
    return byUrl === undefined || byUrl === choose || byUrl(view) === chosen ? chosen : SERVICE_NOT_FOUND
  }
}

function choiceAmong<View extends RequestView>(
  candidates: readonly Candidate<View>[],
  { pathRouting, caseInsensitivePaths }: ServiceSet<View>,
): ServiceChooser<View> {
  const { chosen: first } = candidates[0]!
  if (pathRouting === false || (pathRouting === true && candidates.length === 1)) return () => first
  const otherwise = pathRouting === 'only' ? SERVICE_NOT_FOUND : first
  const lists = createListMatcher(
    candidates.map(({ rules }) => rules),
    caseInsensitivePaths,
    pathRouting === 'only',
  )
  return (view) => {
    const found = lists.match(view)
    if (found === 'ambiguous') return PATH_AMBIGUOUS
    return candidates[found]?.chosen ?? otherwise
  }
}
