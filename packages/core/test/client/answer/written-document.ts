/** Writes status documents as apisonator does: only plan and redirect URL are escaped. */

export interface WrittenReport {
  readonly metric: string
  readonly max: number
  readonly children: readonly string[]
}

/** What a document says; a section that is undefined was not asked for. */
export interface Truth {
  /** Undefined: an answer that authorizes. */
  readonly reason: string | undefined
  readonly oauth: { readonly key: string; readonly redirectUrl: string } | undefined
  readonly id: string
  readonly service: string
  readonly plan: string
  readonly reports: readonly WrittenReport[]
  readonly keys: readonly string[] | undefined
  readonly hierarchy: boolean
}

export const writtenKeys = (keys: readonly string[]): string => keys.map((key) => `<key id="${key}"/>`).join('')

export const writtenReports = (reports: readonly { readonly metric: string; readonly max: number }[]): string =>
  reports
    .map(
      ({ metric, max }) =>
        `<usage_report metric="${metric}" period="eternity"><max_value>${max}</max_value><current_value>2</current_value></usage_report>`,
    )
    .join('')

export function writtenDocument(truth: Truth): string {
  const { reason, oauth, id, service, plan, reports, keys, hierarchy } = truth
  let xml = '<?xml version="1.0" encoding="UTF-8"?><status>'
  xml +=
    reason === undefined ? '<authorized>true</authorized>' : `<authorized>false</authorized><reason>${reason}</reason>`
  if (oauth !== undefined) {
    xml += `<application><id>${id}</id><key>${oauth.key}</key><redirect_url>${escaped(oauth.redirectUrl)}</redirect_url></application>`
  }
  xml += `<plan>${escaped(plan)}</plan>`
  if (reports.length > 0) xml += `<usage_reports>${writtenReports(reports)}</usage_reports>`
  if (keys !== undefined) xml += `<app_keys app="${id}" svc="${service}">${writtenKeys(keys)}</app_keys>`
  if (hierarchy) {
    const entries = reports.map(({ metric, children }) => `<metric name="${metric}" children="${children.join(' ')}"/>`)
    xml += `<hierarchy>${entries.join('')}</hierarchy>`
  }
  return `${xml}</status>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
