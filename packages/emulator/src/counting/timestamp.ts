/** The instant a reported transaction names: a UNIX time, or a date in any form Ruby's lenient parser reads. */
import { type DateParts, parseDate } from './date-parser.ts'

/**
 * Epoch milliseconds, or undefined when the text names no instant (the backend then takes the current time).
 * Numbers follow Ruby's Integer(): blanks around, `_` between digits, `0x`, `0b`, leading 0 for octal.
 */
export function parseTimestamp(text: string): number | undefined {
  const seconds = parseInteger(text)
  if (seconds !== undefined) return Number(seconds) * 1000
  const parts = parseDate(text)
  return parts && instantOf(parts)
}

const integer = /^\s*([+-]?)(0x|0b|0o|0d|0(?=_?\d))?([0-9a-f]+(?:_[0-9a-f]+)*)\s*$/i

function parseInteger(text: string): bigint | undefined {
  const match = integer.exec(text)
  if (!match) return undefined
  const prefix = (match[2] ?? '').toLowerCase()
  const digits = match[3]!.replaceAll('_', '')
  const literal = prefix === '' || prefix === '0d' ? digits : `${prefix === '0' ? '0o' : prefix}${digits}`
  try {
    const value = BigInt(literal)
    return match[1] === '-' ? -value : value
  } catch {
    return undefined
  }
}

/** Ruby's Time.utc: days up to 31 run over into the next month, 24:00:00 is the next midnight, more is refused. */
function instantOf({ year, month, day, hour, minute, second, offset }: DateParts): number | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 59 && second <= 60
  if (!inRange || (hour === 24 && (minute > 0 || second > 0))) return undefined
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hour, minute, second)
  return at.getTime() - offset * 1000
}
