/**
 * Reads status documents in the one form that apisonator writes: each section once, in order, without white space
 * between. 3scale does not escape metric names, ids and keys, so a text that holds markup could imitate sections.
 */
import type { UsageReport } from '../../domain/verdict.ts'
import { readChildren } from './child-list.ts'
import { type Details, NO_DETAILS } from './details.ts'
import { unescapeXml } from './escapes.ts'
import { usageReport } from './usage-report.ts'

const START = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>'
const ANSWER = /(?:true|false)<\/authorized>/y

// No text may hold a character of the markup around it. U+FFFD stands for bytes that were not UTF-8, thus for any key.
const APPLICATION =
  /<application><id>([^<>\ufffd]*)<\/id><key>([^<>\ufffd]*)<\/key><redirect_ur([li])>([^<>]*)<\/redirect_ur\3><\/application>/y
const PLAN = /<plan>([^<>]*)<\/plan>/y
const REPORTS = /<usage_reports>/y
const REPORT =
  /<usage_report metric="([^"<>\ufffd]*)" period="([a-z]+)"(?: exceeded="(true)")?>(?:<period_start>([^<>]*)<\/period_start><period_end>([^<>]*)<\/period_end>)?<max_value>([^<>]*)<\/max_value><current_value>([^<>]*)<\/current_value><\/usage_report>/y
const REPORTS_END = /<\/usage_reports>/y
const KEYS_OF = /<app_keys app="([^"<>\ufffd]*)" svc="/y
const SERVICE = /([^"<>\ufffd]*)">/y
const KEY = /<key id="([^"<>\ufffd]*)"\/>/y
const KEYS_END = /<\/app_keys>/y
const HIERARCHY = /<hierarchy>/y
const METRIC = /<metric name="([^"<>\ufffd]*)" children="([^"<>\ufffd]*)"\/>/y
const HIERARCHY_END = /<\/hierarchy>/y
const END = /<\/status>\s*$/y

/** Whether apisonator wrote the document. Its beginning tells, because no text of others stands before it. */
export function isFixedForm(document: string): boolean {
  return document.startsWith(START)
}

/**
 * Reads a document of which `isFixedForm` is true. `readable` means that the form explains every byte. Then no text
 * holds markup, so each section is where 3scale wrote it (docs/decisions/044). Otherwise the result has only what
 * stands before the first text that an application's owner may have chosen. Never throws.
 */
export function readFixedForm(document: string): Details {
  const sections = new Sections(document, START.length)
  const answer = sections.take(ANSWER)
  const application = sections.take(APPLICATION)
  const plan = sections.take(PLAN)?.[1]
  if (answer === undefined || plan === undefined) return NO_DETAILS
  const usageReports = readReports(sections)
  const keysOf = sections.take(KEYS_OF)?.[1]
  if (usageReports === undefined) return onlySure(document, plan, undefined, keysOf)
  const appKeys = keysOf === undefined ? undefined : readKeys(sections)
  const hierarchy = readHierarchy(sections, usageReports)
  if (hierarchy === NOT_OF_REPORTS) return onlySure(document, plan, undefined, keysOf)
  if (sections.take(END) === undefined) return onlySure(document, plan, usageReports, keysOf)
  return {
    readable: true,
    plan: unescapeXml(plan),
    applicationId: application?.[1] ?? keysOf,
    applicationKey: application?.[2],
    redirectUrl: application === undefined ? undefined : unescapeXml(application[4]!),
    usageReports,
    hierarchy,
    appKeys,
  }
}

/** Takes one part after the other from a document. */
class Sections {
  readonly #document: string
  #at: number

  constructor(document: string, at: number) {
    this.#document = document
    this.#at = at
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#document)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match
  }

  each(pattern: RegExp): RegExpExecArray[] {
    const all: RegExpExecArray[] = []
    for (let match = this.take(pattern); match !== undefined; match = this.take(pattern)) all.push(match)
    return all
  }
}

/** Undefined if a report is not as 3scale writes it, so that no limit is overlooked. */
function readReports(sections: Sections): UsageReport[] | undefined {
  const usageReports: UsageReport[] = []
  if (sections.take(REPORTS) === undefined) return usageReports
  for (const [, metric, period, exceeded, start, end, max, current] of sections.each(REPORT)) {
    const report = usageReport(metric, period, exceeded, start, end, max, current)
    if (report === undefined) return undefined
    usageReports.push(report)
  }
  return sections.take(REPORTS_END) === undefined ? undefined : usageReports
}

function readKeys(sections: Sections): string[] | undefined {
  if (sections.take(SERVICE) === undefined) return undefined
  const keys = sections.each(KEY).map(([, key]) => key!)
  return sections.take(KEYS_END) === undefined ? undefined : keys
}

const NOT_OF_REPORTS = Symbol('a hierarchy of other metrics than those of the usage reports')

/**
 * Undefined if there is no such section. Its metrics must be those of the usage reports, in order, as 3scale writes
 * them: a name that imitates several reports cannot imitate as many entries here, because their forms differ.
 */
function readHierarchy(
  sections: Sections,
  usageReports: readonly UsageReport[],
): ReadonlyMap<string, readonly string[]> | undefined | typeof NOT_OF_REPORTS {
  if (sections.take(HIERARCHY) === undefined) return undefined
  const entries = sections.each(METRIC)
  const names = usageReports.map(({ metric }) => metric)
  const same = entries.length === names.length && entries.every(([, name], index) => name === names[index])
  if (sections.take(HIERARCHY_END) === undefined || !same) return NOT_OF_REPORTS
  const hierarchy = new Map<string, readonly string[]>()
  for (const [, name, list] of entries) {
    const children = readChildren(list!, names)
    if (children !== undefined) hierarchy.set(name!, children)
  }
  return hierarchy
}

/** Of a document with markup in a text, the parts whose ends are 3scale's own, because no text holds another one. */
function onlySure(
  document: string,
  plan: string,
  usageReports: readonly UsageReport[] | undefined,
  keysOf: string | undefined,
): Details {
  if (!isOnce(document, '<plan>', '</plan>')) return NO_DETAILS
  const details = { ...NO_DETAILS, plan: unescapeXml(plan) }
  if (usageReports === undefined || !isOnce(document, '<usage_reports>', '</usage_reports>')) return details
  // An id could hold a `" svc="` itself, and then be longer than it looks.
  const applicationId = isOnce(document, '<app_keys app="', '" svc="') ? keysOf : undefined
  return { ...details, usageReports, applicationId }
}

function isOnce(document: string, ...parts: readonly string[]): boolean {
  return parts.every((part) => document.indexOf(part) === document.lastIndexOf(part))
}
