/** Strict validation of a list of faults. */
import { endpointNames } from '../http/routes.ts'
import {
  anyText,
  type Check,
  InvalidDocumentError,
  listOf,
  objectAt,
  oneOf,
  optional,
  type Problem,
  required,
} from '../provider/checks.ts'
import type { Fault } from './fault.ts'

const common = {
  kind: required(oneOf('latency', 'status', 'reset', 'stall', 'truncate', 'garbage')),
  endpoint: optional(oneOf(...endpointNames)),
  rate: optional(numberIn('a number from 0 to 1', (value) => value >= 0 && value <= 1)),
  count: optional(numberIn('a whole number of at least 1', (value) => Number.isInteger(value) && value >= 1)),
  when: optional(oneOf('before', 'after')),
}
const wholeNumber = numberIn('a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0)
const membersByKind: Readonly<Record<string, Parameters<typeof objectAt>[2]>> = {
  latency: { ...common, ms: required(wholeNumber) },
  status: {
    ...common,
    status: required(numberIn('an HTTP status from 200 to 599', (value) => value >= 200 && value <= 599)),
    body: optional(anyText),
    content_type: optional(anyText),
  },
  truncate: { ...common, bytes: optional(wholeNumber) },
}

/** The value as faults. @throws InvalidDocumentError listing every problem. */
export function validateFaults(value: unknown): Fault[] {
  const problems: Problem[] = []
  listOf((fault, path) => {
    const kind = (fault as { kind?: unknown } | null)?.kind
    objectAt(fault, path, membersByKind[String(kind)] ?? common, problems)
  })(value, '', problems)
  if (problems.length > 0) throw new InvalidDocumentError('faults', problems)
  return structuredClone(value) as Fault[]
}

function numberIn(what: string, fits: (value: number) => boolean): Check {
  return (value, path, problems) => {
    if (typeof value !== 'number' || !fits(value)) problems.push({ path, message: `must be ${what}` })
  }
}
