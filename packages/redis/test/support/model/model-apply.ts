/** apply in JavaScript. */
import type { ModelState } from './model-state.ts'

interface Report {
  readonly name: string
  readonly start: number
  readonly stop: number
  readonly current: number
  readonly covers: ReadonlySet<string>
  unsent: number
  unsettled: number
}

export function apply(state: ModelState, t: number, args: readonly string[]): string | string[] {
  const [app, askedText, v, text, base] = args as [string, string, string, string, string]
  const asked = Number(askedText)
  const reports = readReports(args)
  for (const { start } of reports) if (start > state.number('floor')) state.s.floor = start
  const fields = state.application(app)
  if (state.recovering(t)) {
    fields.set('a', 0)
    return 'wait'
  }
  const had = new Map(fields)
  const before = had.get('v')
  if (before !== undefined && before !== base && before !== v) return ['other', String(before)]
  const newest = asked > Number(had.get('q') ?? 0)
  for (const [field, value] of had) {
    const sent = /^-([^|]*)\|(\d+)[.\d]*\|(.*)$/.exec(field)
    const waits = sent === null ? /^[+*](\d+)[.\d]*\|(.*)$/.exec(field) : null
    if (sent !== null) {
      const batch = state.batches.get(sent[1]!)
      const open = batch !== undefined && (batch.st !== 'acked' || batch.at > asked - state.settings.SETTLE)
      const within = add(reports, Number(sent[2]), sent[3]!, 'unsettled', open ? Number(value) : 0)
      if (newest && (!open || (batch.st === 'ambiguous' && !within))) fields.delete(field)
    } else if (waits !== null) {
      add(reports, Number(waits[1]), waits[2]!, 'unsent', Number(value))
    } else {
      const cell = /^(.*)\|(\d+)$/.exec(field)
      const known = cell !== null && reports.some(({ name }) => name === cell[1])
      if (cell === null) continue
      const stop = Number(cell[2])
      if (stop <= t || (newest && !known)) fields.delete(field)
      if (stop <= t && stop > state.number('floor')) state.s.floor = stop
    }
  }
  for (const { name, stop, current, unsent, unsettled } of reports) {
    const field = `${name}|${stop}`
    const now = had.get(field)
    const lower = current + unsent
    const upper = lower + unsettled
    if (!newest) {
      if (now !== undefined && Number(now) < lower) fields.set(field, lower)
    } else if (stop > t) {
      fields.set(field, now === undefined ? upper : Math.min(Math.max(Number(now), lower), upper))
    }
  }
  if (newest) {
    fields.set('v', v)
    fields.set('q', asked)
    state.layouts.set(v, text)
  }
  fields.set('p', Math.max(asked, Number(had.get('p') ?? 0)))
  fields.set('a', 0)
  return 'ok'
}

/** Adds to the reports whose window holds the minute. @returns whether any does. */
function add(
  reports: readonly Report[],
  minute: number,
  metric: string,
  sum: 'unsent' | 'unsettled',
  n: number,
): boolean {
  let within = false
  for (const report of reports) {
    if (minute < report.start || minute >= report.stop) continue
    within = true
    if (report.covers.has(metric)) report[sum] += n
  }
  return within
}

function readReports(args: readonly string[]): Report[] {
  const reports: Report[] = []
  let k = 6
  for (let i = Number(args[5]); i > 0; i--) {
    const [name, start, stop, current, covered] = args.slice(k, k + 5) as [string, string, string, string, string]
    const covers = new Set(args.slice(k + 5, k + 5 + Number(covered)))
    k += 5 + Number(covered)
    const times = { start: Number(start), stop: Number(stop), current: Number(current) }
    reports.push({ name, ...times, covers, unsent: 0, unsettled: 0 })
  }
  return reports
}
