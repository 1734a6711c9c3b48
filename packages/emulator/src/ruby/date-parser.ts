/**
 * Ruby's lenient `Date._parse`, as far as the backend uses it: year, month, day, time and offset.
 * Source: ruby/date, ext/date/date_parse.c. Rules are tried in its order; each removes the text that it matches.
 */
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

interface Draft {
  year?: number
  month?: number
  day?: number
  hour?: number
  minute?: number
  second?: number
  zone?: string
  /** False when the year already has its century. */
  complete?: boolean
}

type Rule = (text: string, draft: Draft) => string | undefined

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'

/** The parts found; year, month and day may be missing. */
export function parseDate(input: string): DateParts {
  const draft: Draft = {}
  let text = input.replace(/[^-+',./:@\p{L}\p{N}[\]]+/gu, ' ')
  text = text.replace(/\b(?:sun|mon|tue|wed|thu|fri|sat)[^-/\d\s]*/i, ' ')
  text = parseTime(text, draft) ?? text
  for (const rule of rules) {
    const rest = rule(text, draft)
    if (rest !== undefined) {
      text = rest
      break
    }
  }
  text =
    take(text, /\b(?:bc\b|bce\b|b\.c\.|b\.c\.e\.)/i, () => {
      if (draft.year !== undefined) draft.year = 1 - draft.year
    }) ?? text
  parseFragment(text, draft)
  completeYear(draft)
  const { year, month, day } = draft
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

const time =
  /(\d+\s*(?::\s*\d+(?:\s*:\s*\d+(?:[,.]\d*)?)?|h(?:\s*\d+m?(?:\s*\d+s?)?)?)(?:\s*[ap](?:m\b|\.m\.))?|\d+\s*[ap](?:m\b|\.m\.))(?:\s*((?:gmt|utc?)?[-+]\d+(?:[,.:]\d+(?::\d+)?)?|[a-z.\s]+(?:standard|daylight)\stime\b|[a-z]+(?:\sdst)?\b))?/i
const timeParts = /^(\d+)\s*h?(?:\s*:?\s*(\d+)m?(?:\s*:?\s*(\d+)(?:[,.]\d*)?s?)?)?(?:\s*([ap])(?:m\b|\.m\.))?/i

const parseTime: Rule = (text, draft) =>
  take(text, time, ([, clock, zone]) => {
    const [, hour, minute, second, half] = timeParts.exec(clock!)!
    draft.hour = Number(hour)
    if (half) draft.hour = (draft.hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
    if (minute !== undefined) draft.minute = Number(minute)
    if (second !== undefined) draft.second = Number(second)
    if (zone !== undefined) draft.zone = zone
  })

/** Orders three texts as year, month and day: a long number or an apostrophe marks the year. */
function setDate(draft: Draft, first?: string, second?: string, third?: string, beforeChrist = false): void {
  let [year, month, day] = [first, second, third]
  if (year !== undefined && month !== undefined && day === undefined) [year, month, day] = [day, year, month]
  if (year === undefined && day !== undefined && looksLikeYear(day)) [year, day] = [day, year]
  if (year !== undefined) {
    const trailing = /(\d+)(.+)?/.exec(year)
    if (trailing?.[2]) [year, day] = [day, trailing[1]]
  }
  if (month !== undefined && looksLikeYear(month)) [year, month, day] = [month, day, year]
  if (day !== undefined && looksLikeYear(day)) [year, day] = [day, year]
  if (year !== undefined) {
    const match = /([-+])?(\d+)/.exec(year)
    if (match) {
      if (match[1] || match[2]!.length > 2 || year.startsWith("'")) draft.complete = false
      if (year.startsWith("'")) draft.complete = true
      draft.year = beforeChrist ? 1 - Number(match[0]) : Number(match[0])
    }
  }
  const number = (text?: string) => (text === undefined ? undefined : /\d+/.exec(text)?.[0])
  const [monthNumber, dayNumber] = [number(month), number(day)]
  if (monthNumber !== undefined) draft.month = Number(monthNumber)
  if (dayNumber !== undefined) draft.day = Number(dayNumber)
}

function looksLikeYear(text: string): boolean {
  return text.startsWith("'") || text.length > 2
}

function monthOf(name: string): string {
  return String(months.split('|').indexOf(name.toLowerCase()) + 1)
}

const isBeforeChrist = (era?: string) => era !== undefined && /^b/i.test(era)
const era = '(c(?:e|\\.e\\.)|b(?:ce|\\.c\\.e\\.)|a(?:d|\\.d\\.)|b(?:c|\\.c\\.))'
const european = new RegExp(
  `'?(\\d+)[^-\\d\\s]*\\s*(${months})[^-\\d\\s']*(?:\\s*${era}?\\s*('?-?\\d+(?:(?:st|nd|rd|th)\\b)?))?`,
  'i',
)
const american = new RegExp(
  `\\b(${months})[^-\\d\\s']*\\s*('?\\d+)[^-\\d\\s']*(?:\\s*,?\\s*${era}?\\s*('?-?\\d+))?`,
  'i',
)
const vms = new RegExp(`('?-?\\d+)-(${months})[^-/.]*-('?-?\\d+)`, 'i')
const vmsMonthFirst = new RegExp(`\\b(${months})[^-/.]*-('?-?\\d+)(?:-('?-?\\d+))?`, 'i')
const japaneseEras: Record<string, number> = { m: 1867, t: 1911, s: 1925, h: 1988, r: 2018 }

const rules: readonly Rule[] = [
  (text, draft) =>
    take(text, european, ([, day, month, age, year]) =>
      setDate(draft, year, monthOf(month!), day, isBeforeChrist(age)),
    ),
  (text, draft) =>
    take(text, american, ([, month, day, age, year]) =>
      setDate(draft, year, monthOf(month!), day, isBeforeChrist(age)),
    ),
  (text, draft) =>
    take(text, /('?[-+]?\d+)-(\d+)-('?-?\d+)/, ([, year, month, day]) => setDate(draft, year, month, day)),
  (text, draft) =>
    take(text, /\b([mtshr])(\d+)\.(\d+)\.(\d+)/i, ([, age, year, month, day]) => {
      draft.year = japaneseEras[age!.toLowerCase()]! + Number(year)
      draft.month = Number(month)
      draft.day = Number(day)
      draft.complete = false
    }),
  (text, draft) => take(text, vms, ([, day, month, year]) => setDate(draft, year, monthOf(month!), day)),
  (text, draft) => take(text, vmsMonthFirst, ([, month, day, year]) => setDate(draft, year, monthOf(month!), day)),
  (text, draft) =>
    take(text, /('?-?\d+)\/\s*('?\d+)(?:\D\s*('?-?\d+))?/, ([, year, month, day]) => setDate(draft, year, month, day)),
  (text, draft) =>
    take(text, /('?-?\d+)\.\s*('?\d+)\.\s*('?-?\d+)/, ([, year, month, day]) => setDate(draft, year, month, day)),
  // Weeks, days of the year and single years or months never make a whole date, but later rules must not run.
  (text) =>
    take(text, /\b(?:\d{2}|\d{4})?-?w\d{2}(?:-?\d)?\b|-w-\d\b|--(?:\d{2})?-\d{2}\b|--\d{2}(?:\d{2})?\b/i, () => {}),
  (text) =>
    /[,.](?:\d{2}|\d{4})-\d{3}(?!\d)/.test(text) ? undefined : take(text, /\b(?:\d{2}|\d{4})-\d{3}\b/, () => {}),
  (text) => take(text, /'\d+\b/, () => {}),
  (text) => take(text, new RegExp(`\\b(?:${months})\\S*`, 'i'), () => {}),
  (text, draft) =>
    take(text, /(\d+)(?:st|nd|rd|th)\b/i, ([, day]) => {
      draft.day = Number(day)
    }),
  parseDigits,
]

/** Dates and times written as one run of digits, such as 20260115T102030Z. */
function parseDigits(text: string, draft: Draft): string | undefined {
  const pattern = /([-+]?)(\d{2,14})(?:\s*t?\s*(\d{2,6})?(?:[,.](\d*))?)?(?:\s*(z\b|[-+]\d{1,4}\b|\[[-+]?\d[^\]]*\]))?/i
  return take(text, pattern, ([, sign, digits, clock, fraction, zone]) => {
    // With a fraction, the last digits are seconds.
    if (clock === undefined && fraction !== undefined) setFromSeconds(draft, sign!, digits!)
    else setFromYear(draft, sign!, digits!)
    if (clock !== undefined) setClock(draft, clock)
    if (zone !== undefined) draft.zone = zone.startsWith('[') ? zone.slice(1, -1) : zone
  })
}

function setFromSeconds(draft: Draft, sign: string, digits: string): void {
  if (digits.length % 2 !== 0) return
  const pairs = digits.match(/\d\d/g)!.map(Number).reverse()
  const members = ['second', 'minute', 'hour', 'day', 'month'] as const
  members.forEach((member, index) => {
    if (pairs[index] !== undefined) draft[member] = pairs[index]
  })
  if (digits.length > 10) setYear(draft, sign, digits.slice(0, -10))
}

function setFromYear(draft: Draft, sign: string, digits: string): void {
  const at = (from: number, to: number) => Number(digits.slice(from, to))
  if (digits.length === 2) {
    draft.day = at(0, 2)
  } else if (digits.length === 4) {
    draft.month = at(0, 2)
    draft.day = at(2, 4)
  } else if (digits.length % 2 === 0) {
    const yearSize = digits.length === 6 ? 2 : 4
    setYear(draft, sign, digits.slice(0, yearSize))
    draft.month = at(yearSize, yearSize + 2)
    draft.day = at(yearSize + 2, yearSize + 4)
    setClock(draft, digits.slice(yearSize + 4))
  }
}

function setYear(draft: Draft, sign: string, digits: string): void {
  draft.year = Number(`${sign}${digits}`)
  if (sign !== '' || digits.length > 2) draft.complete = false
}

function setClock(draft: Draft, digits: string): void {
  if (digits.length >= 2) draft.hour = Number(digits.slice(0, 2))
  if (digits.length >= 4) draft.minute = Number(digits.slice(2, 4))
  if (digits.length >= 6) draft.second = Number(digits.slice(4, 6))
}

/** A remaining number of one or two digits is the hour of a date, or the day of a time. */
function parseFragment(text: string, draft: Draft): void {
  const number = /^\s*(\d{1,2})\s*$/.exec(text)?.[1]
  if (number === undefined) return
  const value = Number(number)
  if (draft.hour !== undefined && draft.day === undefined) {
    if (value >= 1 && value <= 31) draft.day = value
  } else if (draft.day !== undefined && draft.hour === undefined) {
    if (value <= 24) draft.hour = value
  }
}

function completeYear(draft: Draft): void {
  if (draft.year === undefined || draft.complete === false || draft.year < 0 || draft.year > 99) return
  draft.year += draft.year >= 69 ? 1900 : 2000
}
