/** The instant of a reported transaction: a UNIX time, or a date in any form that Ruby's lenient parser reads. */
import { type DateParts, parseDate } from './date-parser.ts'

/**
 * Epoch milliseconds, infinite beyond the range of Date. Undefined when the text names no instant; the backend then
 * uses the current time. Numbers follow Ruby's Integer(): blanks around, `_` between digits, `0x`, `0b`, leading 0
 * for octal.
 */
export function parseTimestamp(text: string): number | undefined {
  if (text === '') return undefined
  const seconds = parseInteger(text)
  if (seconds !== undefined) return Number(seconds) * 1000
  return instantOf(parseDate(text))
}

const integer = /^\s*([+-]?)(0x|0b|0o|0d|0_?(?=\d))?([0-9a-f]+(?:_[0-9a-f]+)*)\s*$/i

function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text)
  if (!match) return undefined
  const prefix = javaScriptPrefixes[(match[2] ?? '').toLowerCase()]!
  try {
    const value = BigInt(`${prefix}${match[3]!.replaceAll('_', '')}`)
    return match[1] === '-' ? -value : value
  } catch {
    return undefined
  }
}

const javaScriptPrefixes: Readonly<Record<string, string>> = {
  '': '',
  '0d': '',
  '0x': '0x',
  '0b': '0b',
  '0o': '0o',
  '0': '0o',
  '0_': '0o',
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
