/** Walks the pipeline without asking anybody and tells what each room found. */
import type { FoundCredentials } from '../credentials/credentials-reader.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { ResolvedRoute } from '../options/resolved-options.ts'
import type { RequestView } from '../request-view.ts'
import type { Terms } from '../terms.ts'
import type { Usage } from '../usage.ts'
import type { Explanation } from './explanation.ts'
import type { Shared } from './shared.ts'

/** What `evaluate` would come to, and why. Rejects with what a callback of the user's throws. */
export async function explain<View extends RequestView>(
  view: View,
  shared: Shared<View>,
  { skip }: ResolvedRoute<View>,
  { counts }: Terms,
  ownUsage: UsageReader<View> | undefined,
): Promise<Explanation> {
  const { host } = view
  const nothing = { host, service: undefined, credentials: undefined, rules: [], usage: undefined, call: undefined }
  if (shared.closed) return { ...nothing, outcome: 'deny', code: 'gateway_closed' }
  if (skip !== undefined && (await skip(view))) return { ...nothing, outcome: 'skip', code: undefined }
  const front = shared.pick(view)
  if (front === undefined) return { ...nothing, outcome: 'deny', code: 'service_not_found' }

  const reader = ownUsage ?? front.usage
  const credentials = await front.credentials.explain(view)
  const measured = await reader.read(view)
  const found = { ...nothing, service: front.service.id, credentials, rules: reader.explain(view) }
  const usage = typeof measured === 'string' ? undefined : measured.usage
  if (credentials === undefined) return { ...found, usage, outcome: 'deny', code: 'credentials_missing' }
  if (credentials.kind === 'unreadable') return { ...found, usage, outcome: 'deny', code: 'credentials_malformed' }
  if (measured === 'ambiguous') return { ...found, outcome: 'deny', code: 'path_ambiguous' }
  if (usage === undefined) return { ...found, outcome: 'deny', code: 'no_mapping_rule' }
  const endpoint = shared.options.cache === false && counts === 'now' ? 'authrep' : 'authorize'
  return {
    ...found,
    usage,
    outcome: 'ask',
    code: undefined,
    call: callOf(endpoint, front.service.id, credentials, usage),
  }
}

/** Several lines for people: the outcome, then what each room found. */
export function renderExplanation(explanation: Explanation): string {
  const { outcome, code, host, service, credentials, rules, usage, call } = explanation
  const lines = [
    `outcome      ${outcome}${code === undefined ? '' : ` (${code})`}`,
    `service      ${service ?? '-'}${host === undefined ? '' : ` for host ${printable(host)}`}`,
    `credentials  ${credentials === undefined ? 'none' : `${credentials.kind} ${credentials.masked} from ${credentials.foundIn}`}`,
    ...rules.map(
      ({ rule, matched, why }) => `rule ${matched ? 'counts' : 'passes'}  ${printable(rule)}: ${printable(why)}`,
    ),
    `usage        ${usage === undefined ? '-' : usageText(usage)}`,
    `call         ${call ?? 'none'}`,
  ]
  return `${lines.join('\n')}\n`
}

function callOf(
  endpoint: string,
  service: string | undefined,
  { kind, masked }: FoundCredentials,
  usage: Usage,
): string {
  const parts = [
    endpoint,
    service === undefined ? undefined : `service_id=${service}`,
    `${kind.replaceAll(' ', '_')}=${masked}`,
    usageText(usage),
  ]
  return parts.filter((part) => part !== undefined && part !== '').join(' ')
}

function usageText(usage: Usage): string {
  return Object.entries(usage)
    .map(([metric, amount]) => `usage[${metric}]=${amount}`)
    .join(' ')
}

/** Text of the caller's on one line, so that it cannot pass for a line of ours. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}
