/** The small checks that an option table is made of. They collect problems instead of throwing, and echo no text values. */
import { nearest } from './nearest-name.ts'

/**
 * Looks at a present value and returns the one to use: copied and frozen where it is data, the same where it is
 * the user's object. Problems are whole sentences that begin with the path.
 */
export type Check = (value: unknown, path: string, problems: string[]) => unknown

/** Checks by option name. */
export type OptionTable = Readonly<Record<string, Check>>

/**
 * Checks an object against a table: unknown names are problems that name the nearest known one, `undefined` is absent,
 * `null` is refused.
 *
 * @param elsewhere names that exist in another place, as paths, for better advice.
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
      const meant = nearest(name, Object.keys(table)) ?? nearest(name, elsewhere)
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

/** A number without fraction between bounds, both included. */
export function whole(least: number, most: number): Check {
  return (value, path, problems) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    problems.push(`${path} must be a whole number from ${least} to ${most}, not ${kindOf(value)}`)
    return undefined
  }
}

/** A number between bounds, both included. */
export function between(least: number, most: number): Check {
  return (value, path, problems) => {
    if (typeof value === 'number' && value >= least && value <= most) return value
    problems.push(`${path} must be a number from ${least} to ${most}, not ${kindOf(value)}`)
    return undefined
  }
}

/** One of a few words (or `false`, where that is one). */
export function choice(...choices: readonly (string | boolean)[]): Check {
  return (value, path, problems) => {
    if (choices.includes(value as string)) return value
    const words = choices.filter((word) => typeof word === 'string')
    const meant = typeof value === 'string' ? nearest(value, words) : undefined
    const advice = meant === undefined ? `, not ${kindOf(value)}` : `; did you mean '${meant}'?`
    problems.push(
      `${path} must be ${listed(choices.map((word) => (typeof word === 'string' ? `'${word}'` : `${word}`)))}${advice}`,
    )
    return undefined
  }
}

/** True or false; nothing that merely reads like it. */
export function flag(): Check {
  return (value, path, problems) => {
    if (typeof value === 'boolean') return value
    problems.push(`${path} must be true or false, not ${kindOf(value)}`)
    return undefined
  }
}

/** A text that is not empty and has no blank or line break at its ends, as one read from a file often has. */
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

/** A function of the user's. */
export function callback(): Check {
  return (value, path, problems) => {
    if (typeof value === 'function') return value
    problems.push(`${path} must be a function, not ${kindOf(value)}`)
    return undefined
  }
}

/** An object of the user's that is used as it is: it must have these methods. */
export function havingMethods(what: string, ...methods: readonly string[]): Check {
  return (value, path, problems) => {
    const missing = methods.filter((method) => typeof (value as Record<string, unknown>)[method] !== 'function')
    if (typeof value === 'object' && missing.length === 0) return value
    const why = typeof value === 'object' ? `it has no ${listed(missing, 'and')}` : `not ${kindOf(value)}`
    problems.push(`${path} must be ${what}; ${why}`)
    return undefined
  }
}

/** An object whose members are checked by a table; the result is a frozen copy over the defaults. */
export function group(table: OptionTable, defaults: object): Check {
  return (value, path, problems) => {
    if (!isRecord(value)) {
      problems.push(`${path} must be an object, not ${kindOf(value)}`)
      return undefined
    }
    return Object.freeze({ ...defaults, ...checkTable(value, table, path, problems) })
  }
}

/** The first check whose condition holds for the value, else the last one. */
export function either(condition: (value: unknown) => boolean, then: Check, otherwise: Check): Check {
  return (value, path, problems) => (condition(value) ? then : otherwise)(value, path, problems)
}

/** An object literal or the like; no array, no function. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How a value in a text's place is named: by kind only, as a number may be a secret that lost its quotes. */
export function kindOfNoText(value: unknown): string {
  return typeof value === 'number' ? 'a number' : kindOf(value)
}

/** How a wrong value is named: numbers and booleans themselves, everything else by kind, as a text may be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

function listed(words: readonly string[], joint = 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}
