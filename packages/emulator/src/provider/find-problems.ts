/** Checks a document against its JSON Schema and lists every problem with the path where it is. */
import { isWellFormed } from '../ruby/bytes.ts'
import type { Problem } from './invalid-document.ts'
import type { Schema, TypeName } from './schema.ts'

/** What is wrong with a value that stands at a path; empty when the schema allows it. */
export function findProblems(root: Schema, given: unknown, start = ''): Problem[] {
  const problems: Problem[] = []

  function check(schema: Schema, value: unknown, path: string): void {
    const { $ref, items, properties, minLength } = schema
    if ($ref !== undefined) check(root.$defs![$ref.slice('#/$defs/'.length)]!, value, path)
    else if (!fits(schema, value)) problems.push({ path, message: `must be ${expected(schema)}, not ${shown(value)}` })
    else if (items) for (const [index, item] of (value as unknown[]).entries()) check(items, item, `${path}[${index}]`)
    else if (properties) checkMembers(schema, value as Readonly<Record<string, unknown>>, path)
    else if (minLength && !isWellFormed(value as string))
      problems.push({ path, message: 'must be well-formed Unicode' })
  }

  function checkMembers(schema: Schema, object: Readonly<Record<string, unknown>>, path: string): void {
    const { properties = {}, required = [], additionalProperties } = schema
    const at = (name: string) => (path === '' ? name : `${path}.${name}`)
    for (const name of Object.keys(object)) {
      if (additionalProperties !== false || Object.hasOwn(properties, name)) continue
      problems.push({ path: at(name), message: `is not known; known are ${Object.keys(properties).join(', ')}` })
    }
    for (const [name, member] of Object.entries(properties)) {
      if (object[name] !== undefined) check(member, object[name], at(name))
      else if (required.includes(name)) problems.push({ path: at(name), message: 'is missing' })
    }
  }

  check(root, given, start)
  return problems
}

function fits(schema: Schema, value: unknown): boolean {
  const { type, minLength = 0, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
  if (schema.enum) return schema.enum.includes(value as string | null)
  if (typeof value === 'number') {
    const hasType = type === 'number' || (type === 'integer' && Number.isInteger(value))
    return hasType && value >= minimum && value <= maximum
  }
  if (typeof value === 'string' && value.length < minLength) return false
  return [type].flat().includes(typeOf(value))
}

function typeOf(value: unknown): TypeName {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : (typeof value as TypeName)
}

const nouns: Readonly<Partial<Record<TypeName, string>>> = {
  string: 'a string',
  boolean: 'true or false',
  null: 'null',
  array: 'an array',
  object: 'an object',
}

function expected({ enum: choices, title, type = [], minLength, minimum, maximum }: Schema): string {
  if (choices) return `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  if (maximum !== undefined) return title ?? `a number from ${minimum} to ${maximum}`
  if (minimum !== undefined) return `a whole number of at least ${minimum}`
  const names = [type].flat().map((name) => nouns[name])
  return minLength ? 'a non-empty string' : names.join(' or ')
}

function shown(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  return nouns[typeOf(value)] ?? `a ${typeof value}`
}
