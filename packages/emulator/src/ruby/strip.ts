/** Ruby's `String#strip`: removes white space and NUL from both ends, in linear time. */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlankAt(text, start)) start++
  while (end > start && isBlankAt(text, end - 1)) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** NUL, tab, line feed, vertical tab, form feed, carriage return or blank. */
function isBlankAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 0x20 || code === 0 || (code >= 0x09 && code <= 0x0d)
}
