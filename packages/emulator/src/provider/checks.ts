/** Building blocks of strict validation: every problem is listed with the path where it is. */
import { isWellFormed } from '../ruby/bytes.ts'

/** One thing wrong with a document; `path` as in JavaScript, for example `services[0].metrics[1].name`. */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** A document that is refused. Lists all problems. */
export class InvalidDocumentError extends Error {
  readonly problems: readonly Problem[]

  constructor(what: string, problems: readonly Problem[]) {
    super(`invalid ${what}: ${problems.map(({ path, message }) => `${path || 'document'} ${message}`).join('; ')}`)
    this.name = 'InvalidDocumentError'
    this.problems = problems
  }
}

/** Adds what is wrong with a value to the list. */
export type Check = (value: unknown, path: string, problems: Problem[]) => void

interface Member {
  readonly check: Check
  readonly required: boolean
}

export function required(check: Check): Member {
  return { check, required: true }
}

export function optional(check: Check): Member {
  return { check, required: false }
}

/** The value if it is an object; checks its members and names unknown ones. */
export function objectAt(
  value: unknown,
  path: string,
  members: Readonly<Record<string, Member>>,
  problems: Problem[],
): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({ path, message: `must be an object, not ${describe(value)}` })
    return undefined
  }
  const before = problems.length
  const object = value as Record<string, unknown>
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(members, name)) {
      problems.push({ path: at(name), message: `is not known; known are ${Object.keys(members).join(', ')}` })
    }
  }
  for (const [name, member] of Object.entries(members)) {
    if (object[name] !== undefined) member.check(object[name], at(name), problems)
    else if (member.required) problems.push({ path: at(name), message: 'is missing' })
  }
  return problems.length === before ? object : undefined
}

export function listOf(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push({ path, message: `must be an array, not ${describe(value)}` })
    else for (const [index, item] of value.entries()) check(item, `${path}[${index}]`, problems)
  }
}

export function oneOf(...values: readonly (string | null)[]): Check {
  return (value, path, problems) => {
    if (!values.includes(value as string | null)) {
      const choices = values.map((choice) => JSON.stringify(choice)).join(', ')
      problems.push({ path, message: `must be one of ${choices}, not ${describe(value)}` })
    }
  }
}

export const text: Check = (value, path, problems) => {
  if (typeof value !== 'string' || value === '') {
    problems.push({ path, message: `must be a non-empty string, not ${describe(value)}` })
  } else if (!isWellFormed(value)) {
    problems.push({ path, message: 'must be well-formed Unicode' })
  }
}

export const anyText: Check = (value, path, problems) => {
  if (typeof value !== 'string') problems.push({ path, message: `must be a string, not ${describe(value)}` })
}

export const textOrNull: Check = (value, path, problems) => {
  if (value !== null && typeof value !== 'string') {
    problems.push({ path, message: `must be a string or null, not ${describe(value)}` })
  }
}

export const flag: Check = (value, path, problems) => {
  if (typeof value !== 'boolean') problems.push({ path, message: `must be true or false, not ${describe(value)}` })
}

export const wholeNumber: Check = (value, path, problems) => {
  if (!Number.isInteger(value) || (value as number) < 0) {
    problems.push({ path, message: `must be a whole number of at least 0, not ${describe(value)}` })
  }
}

function describe(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
