/** The `<status>` document of authorize and authrep (apisonator, lib/3scale/backend/transactor/status.rb). */
import type { Call, CountedLimit, Rejection } from './call.ts'
import { currentValue } from './usage-reports.ts'
import { redirectField } from './validators.ts'
import { escapeXml, xmlDeclaration } from './xml.ts'

const maxListedKeys = 256

/** Reason, metric names, application id and keys are not escaped; the real backend does not escape them either. */
export function statusDocument(call: Call, rejection: Rejection | undefined): string {
  const { application, limits, extensions } = call
  let xml = `${xmlDeclaration}<status>`
  xml += rejection
    ? `<authorized>false</authorized><reason>${rejection.reason}</reason>`
    : '<authorized>true</authorized>'
  if (call.oauth) xml += applicationSection(call, rejection)
  xml += `<plan>${escapeXml(application.plan.name)}</plan>`
  if (limits.length > 0) {
    xml += '<usage_reports>'
    for (const counted of limits) xml += usageReport(call, !rejection, counted)
    xml += '</usage_reports>'
  }
  if (extensions.listAppKeys) xml += keySection(call)
  if (extensions.hierarchy) xml += hierarchySection(limits)
  return `${xml}</status>`
}

function usageReport(call: Call, authorized: boolean, counted: CountedLimit): string {
  const { metric, period, value } = counted.limit
  const exceeded = counted.counted > value ? ' exceeded="true"' : ''
  const current = currentValue(call, authorized, counted)
  return `<usage_report metric="${metric.name}" period="${period}"${exceeded}>${call.windows[period].xml}<max_value>${value}</max_value><current_value>${current}</current_value></usage_report>`
}

function applicationSection(call: Call, rejection: Rejection | undefined): string {
  // The validator of redirect URLs renames the element; after an earlier refusal it does not run.
  const reached = rejection?.code !== 'oauth_not_enabled' && rejection?.code !== 'application_key_invalid'
  const field = reached ? redirectField(call) : 'redirect_url'
  const [key = ''] = call.application.keys
  return `<application><id>${call.applicationId}</id><key>${key}</key><${field}>${escapeXml(call.application.redirectUrl)}</${field}></application>`
}

function keySection({ application, applicationId, service }: Call): string {
  const keys = [...application.keys].slice(0, maxListedKeys)
  return `<app_keys app="${applicationId}" svc="${service.id}">${keys.map((key) => `<key id="${key}"/>`).join('')}</app_keys>`
}

function hierarchySection(limits: readonly CountedLimit[]): string {
  const entries = limits.map(({ limit: { metric } }) => {
    const children = metric.children.map((child) => child.name).join(' ')
    return `<metric name="${metric.name}" children="${children}"/>`
  })
  return `<hierarchy>${entries.join('')}</hierarchy>`
}
