/** Offsets of zone names and numbers, as in Ruby's date parser (ruby/date, ext/date/date_parse.c, date_zone_to_diff). */
import { zoneNames } from './zone-names.ts'

/** Seconds east of UTC, or undefined for an unknown zone. */
export function zoneOffset(zone: string): number | undefined {
  const text = zone
    .replace(/[\s\0]+/g, ' ')
    .trim()
    .toLowerCase()
  const kind = / (?:standard time|daylight time|dst)$/.exec(text)
  const name = kind ? text.slice(0, kind.index) : text
  const known = zoneNames.get(name)
  if (known !== undefined) return kind && kind[0] !== ' standard time' ? known + 3600 : known
  const sign = /^(?:gmt|utc)?([-+])/.exec(name)
  return sign ? numericOffset(name.slice(sign[0].length)) * (sign[1] === '-' ? -1 : 1) : undefined
}

/** Hours, minutes and seconds with colons, hours as a decimal fraction, or digits that are cut from the front. */
function numericOffset(text: string): number {
  const [hour = ''] = /^\d*/.exec(text)!
  const rest = text.slice(hour.length)
  if (rest.startsWith(':')) {
    const [, minute = '', second = ''] = /^:(\d*)(?::(\d*))?/.exec(rest)!
    return Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  }
  if (/^[,.]/.test(rest)) return Number(`${hour || 0}.${/\d*/.exec(rest.slice(1))![0] || 0}`) * 3600
  if (text.length <= 2) return Number(hour) * 3600
  // Everything up to the end of the text counts as digits when they are paired; what is none is 0.
  const hourSize = 2 - (text.length % 2)
  const part = (from: number, size: number) => Number(/^\d*/.exec(text.slice(from, from + size))![0])
  return part(0, hourSize) * 3600 + part(hourSize, 2) * 60 + part(hourSize + 2, 2)
}
