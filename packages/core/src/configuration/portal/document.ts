/**
 * Reads members of a portal's document. `null` counts as absent; problems are collected with their paths, not thrown.
 */
import { isRecord, kindOf, kindOfNoText } from '../../validation/checks.ts'

/** One object of the document, and its path. */
export interface DocumentPart {
  readonly path: string
  /** Whether the member exists, of any kind. */
  has(name: string): boolean
  /** Undefined if absent. A value of another kind is a problem, and undefined is returned. */
  text(name: string): string | undefined
  /** A missing or empty text is a problem too; any problem returns the empty text. */
  requiredText(name: string): string
  flag(name: string): boolean | undefined
  /** A whole number. */
  integer(name: string): number | undefined
  /** A text, or a whole number as text: for ids and versions. */
  textOrInteger(name: string): string | undefined
  part(name: string): DocumentPart | undefined
  /** As `part`, but without members if absent. */
  partOrEmpty(name: string): DocumentPart
  /** The objects of a list; empty if absent. */
  parts(name: string): readonly DocumentPart[]
  texts(name: string): readonly string[] | undefined
  /** The elements of a list, unread; empty if absent. */
  list(name: string): readonly unknown[]
  /**
   * Texts by name; undefined for a name without a text. An empty list counts as an empty object, because some encoders
   * write it so.
   */
  textsByName(name: string): Readonly<Record<string, string | undefined>>
  problem(name: string, sentence: string): void
}

export function documentPart(value: Record<string, unknown>, path: string, problems: string[]): DocumentPart {
  const at = (name: string) => `${path}.${name}`
  const problem = (name: string, sentence: string) => void problems.push(`${at(name)} ${sentence}`)
  // Only own members, because a member may be called `constructor`.
  const get = (name: string): unknown => (Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined)

  function only<Kind>(
    name: string,
    is: (given: unknown) => given is Kind,
    what: string,
    nameOf: (given: unknown) => string = kindOfNoText,
  ): Kind | undefined {
    const given = get(name)
    if (given === undefined || is(given)) return given
    problem(name, `must be ${what}, not ${nameOf(given)}`)
    return undefined
  }

  function textsByName(name: string): Readonly<Record<string, string | undefined>> {
    const given = get(name)
    const texts: Record<string, string | undefined> = Object.create(null)
    if (given === undefined || (Array.isArray(given) && given.length === 0)) return texts
    if (!isRecord(given)) {
      problem(name, `must be an object, not ${kindOf(given)}`)
      return texts
    }
    for (const [key, text] of Object.entries(given)) {
      if (typeof text === 'string' || text === null) texts[key] = text ?? undefined
      else problem(`${name}[${JSON.stringify(key)}]`, `must be a string, not ${kindOfNoText(text)}`)
    }
    return texts
  }

  return {
    path,
    has: (name) => get(name) !== undefined,
    text: (name) => only(name, isText, 'a string'),
    requiredText: (name) => {
      const given = get(name)
      if (given === undefined || given === '') problem(name, given === '' ? 'is empty' : 'is missing')
      return only(name, isText, 'a string') ?? ''
    },
    flag: (name) => only(name, isFlag, 'true or false'),
    integer: (name) => only(name, isInteger, 'a whole number', kindOf),
    textOrInteger: (name) => {
      const given = only(name, isTextOrInteger, 'a string or a whole number')
      return given === undefined ? undefined : String(given)
    },
    part: (name) => {
      const given = only(name, isRecord, 'an object')
      return given && documentPart(given, at(name), problems)
    },
    partOrEmpty: (name) => documentPart(only(name, isRecord, 'an object') ?? {}, at(name), problems),
    parts: (name) =>
      (only(name, isList, 'an array') ?? []).flatMap((one, index) => {
        if (isRecord(one)) return [documentPart(one, `${at(name)}[${index}]`, problems)]
        problem(`${name}[${index}]`, `must be an object, not ${kindOf(one)}`)
        return []
      }),
    texts: (name) =>
      only(name, isList, 'an array')?.flatMap((one, index) => {
        if (typeof one === 'string') return [one]
        problem(`${name}[${index}]`, `must be a string, not ${kindOfNoText(one)}`)
        return []
      }),
    list: (name) => only(name, isList, 'an array') ?? [],
    textsByName,
    problem,
  }
}

const isText = (given: unknown): given is string => typeof given === 'string'
const isFlag = (given: unknown): given is boolean => typeof given === 'boolean'
const isInteger = (given: unknown): given is number => Number.isSafeInteger(given)
const isTextOrInteger = (given: unknown): given is string | number => isText(given) || isInteger(given)
const isList = (given: unknown): given is unknown[] => Array.isArray(given)
