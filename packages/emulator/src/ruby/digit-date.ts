/** Dates and times written as one run of digits, such as 20260115T102030Z (ruby/date, date_parse.c, parse_ddd). */
import type { DateDraft } from './civil-date.ts'
import { rubyPattern } from './date-patterns.ts'

const pattern = rubyPattern(
  '([-+]?)(\\d{2,14})(?:\\s*t?\\s*(\\d{2,6})?(?:[,.](\\d*))?)?(?:\\s*(z\\b|[-+]\\d{1,4}\\b|\\[[-+]?\\d[^\\]]*\\]))?',
)

/** The pattern of such dates, and what a match sets. */
export const parseDigits: readonly [RegExp, (draft: DateDraft, match: RegExpExecArray) => void] = [
  pattern,
  (draft, [, sign, digits, clock, fraction, zone]) => {
    // With a fraction, the last digits are seconds.
    if (clock === undefined && fraction !== undefined) setFromSeconds(draft, sign!, digits!)
    else setFromYear(draft, sign!, digits!)
    if (clock !== undefined) setClock(draft, clock, fraction !== undefined)
    // In brackets a name may follow the offset, as in `[-5 EST]` or `[9:JST]`. It does not count.
    if (zone !== undefined) draft.zone = zone.replace(/^\[(?=\d)/, '+').replace(/[[\]]/g, '')
  },
]

// An odd number of digits ends in a day of the year, which never makes a whole date.
function setFromYear(draft: DateDraft, sign: string, digits: string): void {
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
    setFromStart(draft, digits.slice(yearSize + 4))
  }
}

function setFromSeconds(draft: DateDraft, sign: string, digits: string): void {
  if (digits.length % 2 !== 0) return
  setFromEnd(draft, digits)
  if (digits.length > 10) setYear(draft, sign, digits.slice(0, -10))
}

function setYear(draft: DateDraft, sign: string, digits: string): void {
  draft.year = sign === '-' ? -Number(digits) : Number(digits)
  if (digits.length > 2) draft.hasCentury = true
}

function setClock(draft: DateDraft, digits: string, hasFraction: boolean): void {
  if (digits.length % 2 !== 0) return
  if (hasFraction) setFromEnd(draft, digits)
  else setFromStart(draft, digits)
}

function setFromStart(draft: DateDraft, digits: string): void {
  if (digits.length >= 2) draft.hour = Number(digits.slice(0, 2))
  if (digits.length >= 4) draft.minute = Number(digits.slice(2, 4))
  if (digits.length >= 6) draft.second = Number(digits.slice(4, 6))
}

const fromEnd = ['second', 'minute', 'hour', 'day', 'month'] as const

function setFromEnd(draft: DateDraft, digits: string): void {
  const pairs = digits.match(/\d\d/g)!.map(Number).reverse()
  fromEnd.forEach((member, index) => {
    if (pairs[index] !== undefined) draft[member] = pairs[index]
  })
}
