/** Ruby's `String#to_i`: the whole number at the beginning of a text, with single `_` between digits; else 0. */
export function toInteger(text: string): bigint {
  const match = /^[ \t-\r]*([+-]?)(\d+(?:_\d+)*)/.exec(text)
  if (!match) return 0n
  const value = BigInt(match[2]!.replaceAll('_', ''))
  return match[1] === '-' ? -value : value
}
