/** Orders the three numbers of a date (ruby/date, ext/date/date_parse.c, s3e). */

/** What has been found of a date so far. */
export interface DateDraft {
  year?: number
  month?: number
  day?: number
  hour?: number
  minute?: number
  second?: number
  zone?: string
  /** The year counts backwards from the year before 1. */
  beforeChrist?: boolean
  /** A year below 100 is meant as it stands. */
  hasCentury?: boolean
}

/** Sets year, month and day. A text that is long or begins with an apostrophe is the year, wherever it stands. */
export function setCivil(
  draft: DateDraft,
  first: string | undefined,
  second: string | undefined,
  third: string | undefined,
  beforeChrist = false,
): void {
  let [year, month, day] = [first, second, third]
  if (year !== undefined && month !== undefined && day === undefined) [year, month, day] = [day, year, month]
  if (year === undefined && day !== undefined && looksLikeYear(day)) [year, day] = [day, year]
  const [number = '', after = ''] = signedNumber(year) ?? []
  if (after !== '') [year, day] = [day, number]
  if (month !== undefined && looksLikeYear(month)) [year, month, day] = [month, day, year]
  if (day !== undefined && looksLikeYear(day)) [year, day] = [day, year]
  const [yearText] = signedNumber(year) ?? []
  if (yearText !== undefined) {
    draft.year = Number(yearText)
    if (/^[-+]|\d{3}/.test(yearText)) draft.hasCentury = true
  }
  if (beforeChrist) draft.beforeChrist = true
  const [monthText] = /\d+/.exec(month ?? '') ?? []
  if (monthText !== undefined) draft.month = Number(monthText)
  const [dayText] = /\d+/.exec(day ?? '') ?? []
  if (dayText !== undefined) draft.day = Number(dayText)
}

function looksLikeYear(text: string): boolean {
  return text.startsWith("'") || text.length > 2
}

/** The first number in a text with its sign, and the text behind it. */
function signedNumber(text: string | undefined): [string, string] | undefined {
  const match = /[-+\d]/.exec(text ?? '')
  if (!match) return undefined
  const rest = text!.slice(match.index)
  const [number] = /^[-+]?\d*/.exec(rest)!
  return [number, rest.slice(number.length)]
}
