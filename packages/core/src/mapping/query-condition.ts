/** One query condition of a rule: a parameter that must be there, or have a value. */
import { decodeArgument, type QueryArguments, textToBytes } from './query-arguments.ts'

export interface QueryCondition {
  readonly name: string
  /** Undefined: met. Else what is wrong, as the end of a sentence. */
  problem(given: QueryArguments): string | undefined
}

/**
 * A value with `{word}` anywhere asks for presence only. Otherwise the last value must be the expected one, exactly;
 * porta stores the expected one undecoded, so it may be meant either way.
 */
export function createQueryConditions(query: Readonly<Record<string, string>>): readonly QueryCondition[] {
  return Object.entries(query).map(([name, expected]) => {
    const names = spellings(name)
    const values = spellings(expected)
    const presence = /\{[^}]+\}/.test(expected)
    return {
      name,
      problem(given) {
        const value = names.map((one) => given.get(one)).find((one) => one !== undefined)
        if (value === undefined) return 'is missing'
        if (presence || (value !== true && values.includes(value))) return undefined
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
