/** One query condition of a rule: a parameter that must be there, or have a value. */
import { decodeArgument, type QueryArguments, textToBytes } from './query-arguments.ts'
import type { QueryPattern } from './rule.ts'

export interface QueryCondition {
  readonly name: string
  /** Undefined: met. Else what is wrong, as the end of a sentence. */
  problem(given: QueryArguments): string | undefined
}

/**
 * A name without a value and a value with `{word}` anywhere ask for presence only. Otherwise the last value must be the
 * expected one, exactly; porta stores the expected one undecoded, so it may be meant either way.
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
