/** One query condition of a rule: a parameter must be present, or must have a certain value. */
import { decodeArgument, type QueryArguments, textToBytes } from './query-arguments.ts'
import type { QueryPattern } from './rule.ts'

export interface QueryCondition {
  readonly name: string
  /** Undefined if the condition holds; otherwise the end of a sentence that says why not. */
  problem(given: QueryArguments): string | undefined
}

/**
 * A name without a value, or a value that contains `{word}`, only requires the parameter to be present. Otherwise the
 * last value must equal the expected one. porta stores that one undecoded, so it is compared decoded and undecoded.
 */
export function createQueryConditions(query: QueryPattern): readonly QueryCondition[] {
  return Object.entries(query).map(([name, expected]) => {
    const names = spellings(name)
    const values = expected === undefined || /\{[\w-]+\}/.test(expected) ? undefined : spellings(expected)
    return {
      name,
      problem(given) {
        const value = names.map((one) => given.get(one)).find((one) => one !== undefined)
        if (value === undefined) return 'is missing'
        if (values === undefined || (value !== true && values.includes(value))) return undefined
        return 'has another value'
      },
    }
  })
}

function spellings(text: string): readonly string[] {
  const stored = textToBytes(text)
  const decoded = decodeArgument(stored)
  return stored === decoded ? [stored] : [stored, decoded]
}
