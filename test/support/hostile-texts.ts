/** Texts that an application's owner may choose as a key, and that imitate parts of 3scale's answers. */
import fc from 'fast-check'

/** What the texts imitate. */
export interface Imitated {
  /** The application that they want to be taken for. */
  readonly victim: string
  readonly service: string
  /** Limits, in the order of 3scale's answers. */
  readonly reports: readonly { readonly metric: string; readonly period: string }[]
  /** Metrics that they want to move below the limited ones. */
  readonly metrics: readonly string[]
}

const WINDOW =
  '<period_start>2026-03-01 00:00:00 +0000</period_start><period_end>2026-04-01 00:00:00 +0000</period_end>'

/** The ends of the text's own section, all other sections, and beginnings that take in what follows. */
export function hostileTexts({ victim, service, reports, metrics }: Imitated): fc.Arbitrary<string> {
  const lists = reports.map(({ metric, period }) => {
    const window = period === 'eternity' ? '' : WINDOW
    return `<usage_report metric="${metric}" period="${period}">${window}<max_value>1000000</max_value><current_value>0</current_value></usage_report>`
  })
  const section = `<usage_reports>${lists.join('')}</usage_reports>`
  const application = `<application><id>${victim}</id><key>v</key><redirect_url></redirect_url></application>`
  const entries = reports.map(({ metric }) => {
    return `<metric name="${metric}" children="${metrics.filter((other) => other !== metric).join(' ')}"/>`
  })
  const tree = `<hierarchy>${entries.join('')}`
  const open = `<hierarchy><metric name="${metrics[0]}" children="${metrics.at(-1)}`
  const reopened = `<app_keys app="${victim}" svc="${service}"><key id="Z`
  const pieces = fc.constantFrom(
    ...['K', '"/>', '"/></app_keys>', '</app_keys>', '</key>', '</reason>', '</status>', '<key id="', '"/><key id="'],
    ...['<plan>Gold</plan>', section, `</plan>${section}`, application, `${tree}</hierarchy>`, open, '<metric name="'],
    ...[reopened, `</app_keys><app_keys app="${victim}" svc="${service}"><key id="`, '<!--', "'"],
    ...['\n', ' ', '&', '<', '>', '"', '<hierarchy></hierarchy></status>', '<reason>application is not active'],
  )
  // Texts that close their section, imitate a whole one, and take in what follows.
  const imitations = fc
    .subarray([application, '<plan>Gold</plan>', section, `${tree}</hierarchy>`, `${open}"/></hierarchy>`], {
      minLength: 1,
    })
    .map((sections) => `K"/></app_keys>${sections.join('')}${reopened}`)
  const treeAlone = fc.constant(`K"/></app_keys>${tree}</hierarchy>${reopened}`)
  const joined = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((all) => all.join(''))
  return fc.oneof(joined, imitations, treeAlone)
}
