/** Reads status documents that other programs than apisonator wrote, as XML. */
import type { X2jOptions, XMLParser } from 'fast-xml-parser'
import type { Details } from './details.ts'
import { unescapeXml } from './escapes.ts'
import { usageReport } from './usage-report.ts'

// The parser does not decode entities. 3scale escapes only a few fields: it writes the application key `a&amp;b` as it
// is, and that must not become the key `a&b`. It also leaves an entity bomb nothing to expand.
const SETTINGS: X2jOptions = {
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 8,
  jPath: false,
  isArray: (name) => name === 'usage_report' || name === 'key' || name === 'metric',
}

/** Keeps nothing between documents, so all clients of the process share it. */
let parser: XMLParser | undefined

type Element = Readonly<Record<string, unknown>>

/** In the order in which 3scale writes them. */
const SECTIONS: readonly string[] = [
  'status',
  'authorized',
  'application',
  'plan',
  'usage_reports',
  'app_keys',
  'hierarchy',
]

/**
 * Loads the parser when the first document needs it. Its many files would take a tenth of a cold start. Never rejects:
 * the status of an answer holds, whether its details can be read or not (law 2).
 */
export async function loadXmlParser(): Promise<void> {
  if (parser !== undefined) return
  try {
    const { XMLParser } = await import('fast-xml-parser')
    parser = new XMLParser(SETTINGS)
  } catch {
    // Damage of the installation. Documents of other forms are then as unreadable as those that are not well-formed.
  }
}

/**
 * Undefined if the document is not well-formed, or does not have each section at most once and in 3scale's order, or as
 * long as the parser is not loaded.
 */
export function readXml(document: string): Details | undefined {
  // The parser changes line breaks, but keys are compared byte by byte.
  if (document.includes('<!') || document.includes('\r') || !isInOrder(document)) return undefined
  try {
    const root: unknown = parser?.parse(document, true)
    const status = child(root, 'status')
    return isElement(status) ? detailsOf(status) : undefined
  } catch {
    return undefined
  }
}

/** Looks at the text itself, because the parser sees no section that an attribute or comment hides. */
function isInOrder(document: string): boolean {
  const names = [...document.matchAll(SECTION)].map(([, name]) => SECTIONS.indexOf(name!))
  return names.every((name, index) => index === 0 || name > names[index - 1]!)
}

const SECTION = new RegExp(`<(${SECTIONS.join('|')})(?=[\\s/>])`, 'g')

function detailsOf(status: Element): Details | undefined {
  const usageReports = list(child(status.usage_reports, 'usage_report')).map((report) =>
    usageReport(
      text(child(report, '@metric')),
      text(child(report, '@period')),
      text(child(report, '@exceeded')),
      text(child(report, 'period_start')),
      text(child(report, 'period_end')),
      text(child(report, 'max_value')),
      text(child(report, 'current_value')),
    ),
  )
  if (!usageReports.every((report) => report !== undefined)) return undefined
  const { application, app_keys: appKeys } = status
  const redirectUrl = text(child(application, 'redirect_url')) ?? text(child(application, 'redirect_uri'))
  const plan = text(status.plan)
  return {
    readable: true,
    plan: plan === undefined ? undefined : unescapeXml(plan),
    applicationId: text(child(application, 'id')) ?? text(child(appKeys, '@app')),
    applicationKey: text(onlyElement(child(application, 'key'))),
    redirectUrl: redirectUrl === undefined ? undefined : unescapeXml(redirectUrl),
    usageReports,
    hierarchy: status.hierarchy === undefined ? undefined : hierarchyOf(list(child(status.hierarchy, 'metric'))),
    appKeys:
      appKeys === undefined ? undefined : list(child(appKeys, 'key')).map((key) => text(child(key, '@id')) ?? ''),
  }
}

function hierarchyOf(metrics: readonly unknown[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    metrics.map((metric) => {
      const children = text(child(metric, '@children')) ?? ''
      return [text(child(metric, '@name')) ?? '', children.split(' ').filter((name) => name !== '')]
    }),
  )
}

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function child(value: unknown, name: string): unknown {
  return isElement(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function onlyElement(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

/** The text of an element or attribute; an empty element has an empty text. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
