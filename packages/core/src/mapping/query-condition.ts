/** One query condition of a rule: a parameter must be present, or must have a certain value. */
import { decodeArgument, type ParameterReading, type QueryArguments, textToBytes } from './query-arguments.ts'
import type { QueryPattern } from './rule.ts'

export interface QueryCondition {
  readonly name: string
  check(given: QueryArguments): ConditionResult
}

/** Whether a condition holds: for all readings of the parameter, only for APIcast's, or for one of the handler's. */
export type ConditionResult = 'holds' | 'missing' | 'other value' | 'holds for APIcast' | 'holds for the handler'

/**
 * A name without a value, or a value that contains `{word}`, only requires the parameter to be present. Otherwise the
 * value must equal the expected one. porta stores that one undecoded, so it is compared decoded and undecoded.
 */
export function createQueryConditions(query: QueryPattern): readonly QueryCondition[] {
  return Object.entries(query).map(([name, expected]) => {
    const names = spellings(name)
    const values = expected === undefined || /\{[\w-]+\}/.test(expected) ? undefined : spellings(expected)
    const checkOne = (value: ParameterReading) => {
      if (value === undefined) return 'missing'
      return values === undefined || (value !== true && values.includes(value)) ? 'holds' : 'other value'
    }
    return {
      name,
      check(given) {
        const result = checkOne(names.map((one) => given.get(one)).find((value) => value !== undefined))
        const values = names.flatMap((one) => given.seen(one))
        const inHandler = values.length === 0 ? [checkOne(undefined)] : values.map(checkOne)
        if (inHandler.every((one) => (one === 'holds') === (result === 'holds'))) return result
        return result === 'holds' ? 'holds for APIcast' : 'holds for the handler'
      },
    }
  })
}

function spellings(text: string): readonly string[] {
  const stored = textToBytes(text)
  const decoded = decodeArgument(stored)
  return stored === decoded ? [stored] : [stored, decoded]
}
