/**
 * Ruby's lenient `Date._parse`, as far as the backend uses it: year, month, day, time and offset.
 * Source: ruby/date, ext/date/date_parse.c. Rules are tried in its order; each removes the text that it matches.
 */
import { type DateDraft, setCivil } from './civil-date.ts'
import { monthNumber, months, rubyPattern } from './date-patterns.ts'
import { parseDigits } from './digit-date.ts'
import { zoneOffset } from './zone-offset.ts'

/** The parts of a date and time; a time that is not given is midnight. */
export interface DateParts {
  year?: number
  month?: number
  day?: number
  hour: number
  minute: number
  second: number
  /** Seconds east of UTC. */
  offset: number
}

/** The parts found; year, month and day may be missing. */
export function parseDate(input: string): DateParts {
  const draft: DateDraft = {}
  let text = input.replace(ignored, ' ')
  text = take(text, dayName, () => {}) ?? text
  text = take(text, time, ([, clock, zone]) => setTime(draft, clock!, zone)) ?? text
  for (const [pattern, found] of rules) {
    const rest = take(text, pattern, (match) => found(draft, match))
    if (rest === undefined) continue
    text = rest
    break
  }
  text =
    take(text, beforeChrist, () => {
      draft.beforeChrist = true
    }) ?? text
  setFromRest(draft, text)
  const { month, day } = draft
  const year = completeYear(draft)
  return {
    ...(year !== undefined && { year }),
    ...(month !== undefined && { month }),
    ...(day !== undefined && { day }),
    hour: draft.hour ?? 0,
    minute: draft.minute ?? 0,
    second: draft.second ?? 0,
    offset: (draft.zone === undefined ? undefined : zoneOffset(draft.zone)) ?? 0,
  }
}

function take(text: string, pattern: RegExp, found: (match: RegExpExecArray) => void): string | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  found(match)
  return `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`
}

const ignored = /[^-+',./:@\p{Alphabetic}\p{Nd}[\]]+/gu
const dayName = rubyPattern('\\b(?:sun|mon|tue|wed|thu|fri|sat)[^-/\\d\\s]*')
const beforeChrist = rubyPattern('\\b(?:bc\\b|bce\\b|b\\.c\\.|b\\.c\\.e\\.)')
const half = '(?:m\\b|\\.m\\.)'
const time = rubyPattern(
  `(\\d+\\s*(?::\\s*\\d+(?:\\s*:\\s*\\d+(?:[,.]\\d*)?)?|h(?:\\s*\\d+m?(?:\\s*\\d+s?)?)?)(?:\\s*[ap]${half})?|\\d+\\s*[ap]${half})` +
    '(?:\\s*((?:gmt|utc?)?[-+]\\d+(?:[,.:]\\d+(?::\\d+)?)?|[\\p{Alphabetic}.\\s]+(?:standard|daylight)\\stime\\b|\\p{Alphabetic}+(?:\\sdst)?\\b))?',
)
const timeParts = rubyPattern(
  `^(\\d+)h?(?:\\s*:?\\s*(\\d+)m?(?:\\s*:?\\s*(\\d+)(?:[,.]\\d*)?s?)?)?(?:\\s*([ap])${half})?`,
)

function setTime(draft: DateDraft, clock: string, zone: string | undefined): void {
  const [, hour, minute, second, halfDay] = timeParts.exec(clock)!
  draft.hour = Number(hour)
  if (halfDay) draft.hour = (draft.hour % 12) + (halfDay.toLowerCase() === 'p' ? 12 : 0)
  if (minute !== undefined) draft.minute = Number(minute)
  if (second !== undefined) draft.second = Number(second)
  if (zone !== undefined) draft.zone = zone
}

const isBeforeChrist = (era?: string) => era !== undefined && /^b/i.test(era)
const era = '(c(?:e|\\.e\\.)|b(?:ce|\\.c\\.e\\.)|a(?:d|\\.d\\.)|b(?:c|\\.c\\.))'
const japaneseEras: Readonly<Record<string, number>> = { m: 1867, t: 1911, s: 1925, h: 1988, r: 2018 }

type Rule = readonly [pattern: RegExp, found: (draft: DateDraft, match: RegExpExecArray) => void]

/** Weeks, days of the year and single years or months never make a whole date, but later rules must not run. */
const neverWhole = (pattern: string): Rule => [rubyPattern(pattern), () => {}]
const yearMonthDay = (pattern: string): Rule => [
  rubyPattern(pattern),
  (draft, [, year, month, day]) => setCivil(draft, year, month, day),
]

const rules: readonly Rule[] = [
  [
    rubyPattern(`('?\\d+)[^-\\d\\s]*\\s*(${months})[^-\\d\\s']*(?:\\s*${era}?\\s*('?-?\\d+(?:(?:st|nd|rd|th)\\b)?))?`),
    (draft, [, day, month, age, year]) => setCivil(draft, year, monthNumber(month!), day, isBeforeChrist(age)),
  ],
  [
    rubyPattern(`\\b(${months})[^-\\d\\s']*\\s*('?\\d+)[^-\\d\\s']*(?:\\s*,?\\s*${era}?\\s*('?-?\\d+))?`),
    (draft, [, month, day, age, year]) => setCivil(draft, year, monthNumber(month!), day, isBeforeChrist(age)),
  ],
  yearMonthDay("('?[-+]?\\d+)-(\\d+)-('?-?\\d+)"),
  [
    rubyPattern('\\b([mtshr])(\\d+)\\.(\\d+)\\.(\\d+)'),
    (draft, [, age, year, month, day]) => {
      draft.year = japaneseEras[age!.toLowerCase()]! + Number(year)
      draft.month = Number(month)
      draft.day = Number(day)
    },
  ],
  [
    rubyPattern(`('?-?\\d+)-(${months})[^-/.]*-('?-?\\d+)`),
    (draft, [, day, month, year]) => setCivil(draft, year, monthNumber(month!), day),
  ],
  [
    rubyPattern(`\\b(${months})[^-/.]*-('?-?\\d+)(?:-('?-?\\d+))?`),
    (draft, [, month, day, year]) => setCivil(draft, year, monthNumber(month!), day),
  ],
  yearMonthDay("('?-?\\d+)/\\s*('?\\d+)(?:\\D\\s*('?-?\\d+))?"),
  yearMonthDay("('?-?\\d+)\\.\\s*('?\\d+)\\.\\s*('?-?\\d+)"),
  neverWhole('\\b(?:\\d{2}|\\d{4})?-?w\\d{2}(?:-?\\d)?\\b'),
  neverWhole('-w-\\d\\b'),
  neverWhole('--(?:\\d{2})?-\\d{2}\\b'),
  neverWhole('--\\d{2}(?:\\d{2})?\\b'),
  neverWhole('^(?!.*[,.](?:\\d{2}|\\d{4})-\\d{3}\\b).*?\\b(?:\\d{2}|\\d{4})-\\d{3}\\b'),
  neverWhole('^(?!.*\\d-\\d{3}\\b).*?\\b-\\d{3}\\b'),
  neverWhole("'\\d+\\b"),
  neverWhole(`\\b(?:${months})\\S*`),
  neverWhole('\\d+(?:st|nd|rd|th)\\b'),
  parseDigits,
]

/** A remaining number of one or two digits is the hour of a date, or the day of a time. */
function setFromRest(draft: DateDraft, text: string): void {
  const number = /^\s*(\d{1,2})\s*$/.exec(text)?.[1]
  if (number === undefined) return
  const value = Number(number)
  if (draft.hour !== undefined && draft.day === undefined) {
    if (value >= 1 && value <= 31) draft.day = value
  } else if (draft.day !== undefined && draft.hour === undefined) {
    if (value <= 24) draft.hour = value
  }
}

function completeYear({ year, beforeChrist, hasCentury }: DateDraft): number | undefined {
  if (year === undefined) return undefined
  const signed = beforeChrist ? 1 - year : year
  if (hasCentury || signed < 0 || signed > 99) return signed
  return signed + (signed >= 69 ? 1900 : 2000)
}
