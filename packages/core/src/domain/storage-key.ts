/** The names under which the backend keeps its records, so that two spellings of one record have one name here too. */

const WHITE_SPACE = /[ \t\r\n\f\v]/
const ALL_WHITE_SPACE = /[ \t\r\n\f\v]/g

/**
 * The name under which the backend stores an application id, user key or metric: white space becomes `+`. So `my app`,
 * `my+app` and `my\tapp` are one application (apisonator, lib/3scale/backend/storage_key_helpers.rb).
 */
export function storageKey(name: string): string {
  return WHITE_SPACE.test(name) ? name.replace(ALL_WHITE_SPACE, '+') : name
}

/**
 * An application key as the backend compares it: without white space and NUL at its ends, and otherwise as it is
 * (apisonator, order of checks; Ruby's `String#strip`).
 */
export function strippedKey(key: string): string {
  let start = 0
  let end = key.length
  while (start < end && isStripped(key.charCodeAt(start))) start++
  while (end > start && isStripped(key.charCodeAt(end - 1))) end--
  return key.slice(start, end)
}

/** NUL, tab, line feed, vertical tab, form feed, carriage return or blank. */
function isStripped(code: number): boolean {
  return code === 0x20 || code === 0 || (code >= 0x09 && code <= 0x0d)
}
