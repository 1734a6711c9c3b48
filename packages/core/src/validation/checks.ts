/** The checks that an option table is made of. They collect problems instead of throwing, and quote no text value. */
import { nearest } from './nearest-name.ts'

/**
 * Checks a given value and returns the one to use: a frozen copy of data, or the same object if it has methods. A
 * problem is a sentence that begins with the path.
 */
export type Check = (value: unknown, path: string, problems: string[]) => unknown

/** Checks by option name. */
export type OptionTable = Readonly<Record<string, Check>>

/**
 * Checks an object against a table. The problem of an unknown name suggests the nearest known one; `undefined` counts
 * as absent; `null` is refused.
 *
 * @param elsewhere paths of names that exist in another group, for better suggestions.
 */
export function checkTable(
  value: object,
  table: OptionTable,
  path: string,
  problems: string[],
  elsewhere: readonly string[] = [],
): Record<string, unknown> {
  const checked: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const here = path === '' ? name : `${path}.${name}`
    const given = (value as Record<string, unknown>)[name]
    const check = Object.hasOwn(table, name) ? table[name] : undefined
    if (check === undefined) {
      // The same name in a group is meant more likely than a similar one here.
      const grouped = elsewhere.find((known) => known.endsWith(`.${name}`))
      const meant = grouped ?? nearest(name, Object.keys(table)) ?? nearest(name, elsewhere)
      const full = meant === undefined || elsewhere.includes(meant) || path === '' ? meant : `${path}.${meant}`
      problems.push(full === undefined ? `${here} is no option` : `${here} is no option; did you mean ${full}?`)
    } else if (given === null) {
      problems.push(`${here} is null; leave it out (or undefined) to get the default`)
    } else if (given !== undefined) {
      checked[name] = check(given, here, problems)
    }
  }
  return checked
}

/** A whole number between bounds, both included. */
export function whole(min: number, max: number): Check {
  return (value, path, problems) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
    problems.push(`${path} must be a whole number from ${min} to ${max}, not ${kindOf(value)}`)
    return undefined
  }
}

/** One of a few words (or `false`, if it is among them). */
export function choice(...choices: readonly (string | boolean)[]): Check {
  return (value, path, problems) => {
    if (choices.includes(value as string)) return value
    const words = choices.filter((word) => typeof word === 'string')
    const meant = typeof value === 'string' ? nearest(value, words) : undefined
    const advice = meant === undefined ? `, not ${shown(value)}` : `; did you mean '${meant}'?`
    problems.push(
      `${path} must be ${listed(choices.map((word) => (typeof word === 'string' ? `'${word}'` : `${word}`)))}${advice}`,
    )
    return undefined
  }
}

/** True or false; not a text such as 'true'. */
export function flag(): Check {
  return (value, path, problems) => {
    if (typeof value === 'boolean') return value
    problems.push(`${path} must be true or false, not ${kindOf(value)}`)
    return undefined
  }
}

/** A text that is not empty. A blank or line break at its ends is refused; a text read from a file often has one. */
export function text(): Check {
  return (value, path, problems) => {
    if (typeof value !== 'string') problems.push(`${path} must be a string, not ${kindOfNoText(value)}`)
    else if (value === '') problems.push(`${path} is empty`)
    else if (value !== value.trim()) problems.push(`${path} begins or ends with a blank or a line break`)
    else if (!value.isWellFormed()) problems.push(`${path} is not valid Unicode`)
    else return value
    return undefined
  }
}

/** A function. */
export function callback(): Check {
  return (value, path, problems) => {
    if (typeof value === 'function') return value
    problems.push(`${path} must be a function, not ${kindOf(value)}`)
    return undefined
  }
}

/** An object with these methods; it is used as it is. */
export function havingMethods(what: string, ...methods: readonly string[]): Check {
  return (value, path, problems) => {
    const missing = methods.filter((method) => typeof (value as Record<string, unknown>)[method] !== 'function')
    if (typeof value === 'object' && missing.length === 0) return value
    const why = typeof value === 'object' ? `it has no ${listed(missing, 'and')}` : `not ${kindOf(value)}`
    problems.push(`${path} must be ${what}; ${why}`)
    return undefined
  }
}

/** An object whose members are checked by a table; the result is frozen and includes the defaults. */
export function group(table: OptionTable, defaults: object): Check {
  return (value, path, problems) => {
    if (!isRecord(value)) {
      problems.push(`${path} must be an object, not ${kindOf(value)}`)
      return undefined
    }
    return Object.freeze({ ...defaults, ...checkTable(value, table, path, problems) })
  }
}

/** Refuses every value: the check of what is none of the shapes that were looked for. */
export function mustBe(what: string): Check {
  return (value, path, problems) => {
    problems.push(`${path} must be ${what}, not ${kindOf(value)}`)
    return undefined
  }
}

/** The check `then` if the condition holds for the value, else `otherwise`. */
export function either(condition: (value: unknown) => boolean, then: Check, otherwise: Check): Check {
  return (value, path, problems) => (condition(value) ? then : otherwise)(value, path, problems)
}

/** Whether a value is an object, but not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names a value that should be a text, only by its kind: a number may be a secret without its quotes. */
export function kindOfNoText(value: unknown): string {
  return typeof value === 'number' ? 'a number' : kindOf(value)
}

/** Names a wrong value: numbers and booleans are shown, anything else only by its kind, as a text may be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/** As `kindOf`, but a short word of letters is quoted: no secret looks like one. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[a-z][a-z-]{0,11}$/i.test(value) ? `'${value}'` : kindOf(value)
}

function listed(words: readonly string[], joint = 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}
