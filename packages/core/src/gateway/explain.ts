/** Runs the steps of a decision without calling the backend, and shows what each step found. */

import type { ResolvedRoute } from '../configuration/options/resolved-options.ts'
import type { DenialCode } from '../decision/decision.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { Usage, UsageShape } from '../domain/usage.ts'
import { UsageError } from '../mapping/usage-error.ts'
import type { UsageReader } from '../mapping/usage-reader.ts'
import type { RequestView } from '../request/request-view.ts'
import { beforeAsking } from './before-asking.ts'
import type { Explanation } from './explanation.ts'
import type { GatewayRuntime } from './gateway-runtime.ts'

/** What `evaluate` would decide, and why. Rejects with what a callback throws. */
export async function explain<View extends RequestView>(
  view: View,
  runtime: GatewayRuntime<View>,
  { skip }: ResolvedRoute<View>,
  { counts }: RoutePolicy,
  routeUsage: UsageReader<View> | undefined,
): Promise<Explanation> {
  const { host } = view
  const nothing = { host, service: undefined, credentials: undefined, rules: [], usage: undefined, call: undefined }
  if (runtime.closed) return { ...nothing, outcome: 'deny', code: 'gateway_closed' }
  if (skip !== undefined && (await skip(view))) return { ...nothing, outcome: 'skip', code: undefined }
  const configured = runtime.served.choose(view)
  if ('outcome' in configured) return { ...nothing, outcome: 'deny', code: configured.code }

  const reader = routeUsage ?? configured.usage
  const credentials = await configured.credentials.explain(view)
  const measured = await measure(reader, view)
  const usage = typeof measured === 'string' ? undefined : measured.usage
  const found = { ...nothing, service: configured.service.id, credentials, rules: reader.explain(view), usage }
  const denied = (code: DenialCode): Explanation => ({ ...found, outcome: 'deny', code })
  if (credentials === undefined) return denied('credentials_missing')
  if (credentials.kind === 'unreadable') return denied(credentials.code ?? 'credentials_malformed')
  if (measured === 'no-usage') return denied('gateway_misconfigured')
  if (measured === 'ambiguous') return denied('path_ambiguous')
  if (usage === undefined) return denied('no_mapping_rule')
  const caller = await configured.credentials.read(view)
  if (caller === undefined || 'malformed' in caller) return denied('credentials_missing')
  const referrer = await beforeAsking(view, caller, configured, runtime.options.referrer)
  if (typeof referrer === 'object') return denied('outcome' in referrer ? referrer.code : 'credentials_malformed')
  const endpoint = runtime.options.cache === false && counts === 'now' ? 'authrep' : 'authorize'
  const parts = [
    credentials.kind === 'client id' ? `oauth_${endpoint}` : endpoint,
    configured.service.id === undefined ? '' : `service_id=${configured.service.id}`,
    credentials.sentAs,
    referrer === undefined ? '' : 'referrer=***',
    usageText(usage),
  ]
  return { ...found, outcome: 'ask', code: undefined, call: parts.filter((part) => part !== '').join(' ') }
}

/** As `read`, but returns 'no-usage' instead of throwing a UsageError, because the request is denied. */
async function measure<View extends RequestView>(
  reader: UsageReader<View>,
  view: View,
): Promise<UsageShape | 'no-match' | 'ambiguous' | 'no-usage'> {
  try {
    return await reader.read(view)
  } catch (error) {
    if (error instanceof UsageError) return 'no-usage'
    throw error
  }
}

/** Several lines of text: the outcome, then what each step found. */
export function renderExplanation(explanation: Explanation): string {
  const { outcome, code, host, service, credentials, rules, usage, call } = explanation
  const lines = [
    `outcome      ${outcome}${code === undefined ? '' : ` (${code})`}`,
    `service      ${service ?? '-'}${host === undefined ? '' : ` for host ${printable(host)}`}`,
    `credentials  ${credentials === undefined ? 'none' : `${credentials.kind} ${credentials.masked} from ${credentials.foundIn}${credentials.fault === undefined ? '' : `: ${printable(credentials.fault)}`}`}`,
    ...rules.map(
      ({ rule, matched, why }) => `rule ${matched ? 'counts' : 'passes'}  ${printable(rule)}: ${printable(why)}`,
    ),
    `usage        ${usage === undefined ? '-' : usageText(usage)}`,
    `call         ${call ?? 'none'}`,
  ]
  return `${lines.join('\n')}\n`
}

function usageText(usage: Usage): string {
  return Object.entries(usage)
    .map(([metric, amount]) => `usage[${metric}]=${amount}`)
    .join(' ')
}

/** Keeps the caller's text on one line, so that it cannot imitate a line of the explanation. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}
