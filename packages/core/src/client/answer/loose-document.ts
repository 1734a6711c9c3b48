/**
 * Reads status documents that are not well-formed, because 3scale does not escape metric names, ids and keys. Expects
 * the one form that apisonator writes, and finds the free texts by the fixed texts around them.
 */

import type { UsageReport } from '../../domain/verdict.ts'
import type { Details } from './details.ts'
import { unescapeXml } from './escapes.ts'
import { usageReport } from './usage-report.ts'

const HEAD = /^<\?xml version="1\.0" encoding="UTF-8"\?><status><authorized>(?:true|false)<\/authorized>/y
const APPLICATION =
  /<application><id>(.{0,4096}?)<\/id><key>(.{0,4096}?)<\/key><redirect_ur[li]>([^<]*)<\/redirect_ur[li]><\/application>(?=<plan>)/sy
const PLAN = /<plan>([^<]*)<\/plan>/y
const REPORTS = /<usage_reports>/y
const REPORT =
  /<usage_report metric="(.{0,4096}?)" period="([a-z]+)"(?: exceeded="(true)")?>(?:<period_start>([^<]*)<\/period_start><period_end>([^<]*)<\/period_end>)?<max_value>([^<]*)<\/max_value><current_value>([^<]*)<\/current_value><\/usage_report>/sy
const REPORTS_END = /<\/usage_reports>/y
const KEYS = /<app_keys app="(.{0,4096}?)" svc="([^"]*)">/sy
const KEY = /<key id="(.{0,4096}?)"\/>(?=<key id="|<\/app_keys>)/sy
const KEYS_END = /<\/app_keys>/y
const HIERARCHY = /<hierarchy>/y
const METRIC = /<metric name="(.{0,4096}?)" children="(.{0,4096}?)"\/>(?=<metric name="|<\/hierarchy>)/sy
const HIERARCHY_END = /<\/hierarchy>/y
const TAIL = /<\/status>$/y

/** Undefined if the form does not explain every byte of the document. */
export function readLoosely(document: string): Details | undefined {
  let at = 0
  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at
    const match = pattern.exec(document)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match
  }
  function* each(pattern: RegExp): Generator<RegExpExecArray> {
    for (let match = take(pattern); match !== undefined; match = take(pattern)) yield match
  }

  if (take(HEAD) === undefined) return undefined
  const application = take(APPLICATION)
  const plan = take(PLAN)
  const usageReports: UsageReport[] = []
  if (take(REPORTS) !== undefined) {
    for (const [, metric, period, exceeded, start, end, max, current] of each(REPORT)) {
      const report = usageReport(metric, period, exceeded, start, end, max, current)
      if (report === undefined) return undefined
      usageReports.push(report)
    }
    if (take(REPORTS_END) === undefined) return undefined
  }
  const keys = take(KEYS)
  const appKeys = keys === undefined ? undefined : [...each(KEY)].map(([, id]) => id!)
  if (keys !== undefined && take(KEYS_END) === undefined) return undefined
  const hierarchy =
    take(HIERARCHY) === undefined
      ? undefined
      : new Map(
          [...each(METRIC)].map(([, name, children]) => [name!, children!.split(' ').filter((one) => one !== '')]),
        )
  if (hierarchy !== undefined && take(HIERARCHY_END) === undefined) return undefined
  if (take(TAIL) === undefined) return undefined

  return {
    readable: true,
    plan: plan === undefined ? undefined : unescapeXml(plan[1]!),
    applicationId: application?.[1] ?? keys?.[1],
    applicationKey: application?.[2],
    redirectUrl: application === undefined ? undefined : unescapeXml(application[3]!),
    usageReports,
    hierarchy,
    appKeys,
  }
}
