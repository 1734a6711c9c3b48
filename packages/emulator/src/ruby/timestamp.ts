/** The instant of a reported transaction: a UNIX time, or a date in any form that Ruby's lenient parser reads. */
import { type DateParts, parseDate } from './date-parser.ts'

/**
 * Epoch milliseconds, infinite beyond the range of Date. Undefined when the text names no instant; the backend then
 * uses the current time. Numbers follow Ruby's Integer(): blanks around, `_` between digits, `0x`, `0b`, leading 0
 * for octal.
 */
export function parseTimestamp(text: string): number | undefined {
  if (plainNumber.test(text)) return Number(text) * 1000
  const seconds = parseInteger(text)
  if (seconds !== undefined) return Number(seconds) * 1000
  return instantOf(parseDate(text))
}

const plainNumber = /^[1-9]\d{0,14}$/
const blanks = '[ \\t-\\r]*'
const digits = (one: string) => `${one}(?:_?${one})*`
const [octal, decimal] = [digits('[0-7]'), digits('\\d')]
/** Sign, and the digits in base 16, 2, 8 and 10. */
const integer = new RegExp(
  `^${blanks}([+-]?)(?:0x(${digits('[0-9a-f]')})|0b(${digits('[01]')})|0o(${octal})|0_?(${octal})|0d(${decimal})|((?!0\\d|0_)${decimal}))${blanks}$`,
  'i',
)

/** A number with `_` behind its first digit that is not 0 ends at a NUL for Ruby, whatever follows. */
const beforeNul = new RegExp(
  `^(${blanks}[+-]?(?:0x[0_]*[1-9a-f][0-9a-f]*|(?:0[bod])?[0_]*[1-9]\\d*)_[^\\0]*)\\0[^]*$`,
  'i',
)

function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text.replace(beforeNul, '$1'))
  if (!match) return undefined
  const [sign, ...bases] = match.slice(1)
  const index = bases.findIndex((found) => found !== undefined)
  const value = BigInt(`${['0x', '0b', '0o', '0o', '', ''][index]}${bases[index]!.replaceAll('_', '')}`)
  return sign === '-' ? -value : value
}

/** Ruby's Time.utc: days up to 31 continue in the next month, 24:00:00 is the next midnight, more is refused. */
function instantOf({ year, month, day, hour, minute, second, offset }: DateParts): number | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 59 && second <= 60
  if (!inRange || (hour === 24 && (minute > 0 || second > 0))) return undefined
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hour, minute, second)
  const instant = at.getTime() - offset * 1000
  // Years beyond the range of Date are still in the past or in the future.
  return Number.isNaN(instant) ? (year < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : instant
}
