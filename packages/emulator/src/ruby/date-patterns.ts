/** Regular expressions in Ruby's reading, and the names of months. */

/** The names of months, which may go on with other letters. */
export const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'

/** The number of a month whose name `months` has matched, as text. */
export function monthNumber(name: string): string {
  return String(months.split('|').indexOf(name.toLowerCase()) + 1)
}

const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]'
const wordBoundary = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`

/** A pattern that ignores case. As in Ruby, `\d` is ASCII, while a word at a `\b` may have any letters. */
export function rubyPattern(source: string): RegExp {
  return new RegExp(source.replaceAll('\\b', wordBoundary), 'iu')
}
