/** Strict validation of a list of faults. */
import { endpointNames } from '../http/routes.ts'
import { findProblems } from '../provider/find-problems.ts'
import { InvalidDocumentError } from '../provider/invalid-document.ts'
import { objectOf, type Schema } from '../provider/schema.ts'
import type { Fault } from './fault.ts'

const common: Readonly<Record<string, Schema>> = {
  kind: { enum: ['latency', 'status', 'reset', 'stall', 'truncate', 'garbage'] },
  endpoint: { enum: endpointNames },
  rate: { type: 'number', minimum: 0, maximum: 1 },
  count: { type: 'integer', minimum: 1 },
  when: { enum: ['before', 'after'] },
}
const wholeNumber: Schema = { type: 'integer', minimum: 0 }
const text: Schema = { type: 'string' }
const status: Schema = { title: 'an HTTP status from 200 to 599', type: 'number', minimum: 200, maximum: 599 }

const ordinary = objectOf(common, ['kind'])
const schemas: ReadonlyMap<unknown, Schema> = new Map([
  ['latency', objectOf({ ...common, ms: wholeNumber }, ['kind', 'ms'])],
  ['status', objectOf({ ...common, status, body: text, content_type: text }, ['kind', 'status'])],
  ['truncate', objectOf({ ...common, bytes: wholeNumber }, ['kind'])],
])

/** The value as faults. @throws InvalidDocumentError listing every problem. */
export function validateFaults(value: unknown): Fault[] {
  const problems = Array.isArray(value)
    ? Array.from(value, (fault, index) => findProblems(schemaOf(fault), fault, `[${index}]`)).flat()
    : findProblems({ type: 'array' }, value)
  if (problems.length > 0) throw new InvalidDocumentError('faults', problems)
  return structuredClone(value) as Fault[]
}

function schemaOf(fault: unknown): Schema {
  return schemas.get((fault as { kind?: unknown } | null | undefined)?.kind) ?? ordinary
}
