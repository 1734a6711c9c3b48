/** The decoded parameters of a call as they are shown: secrets masked, and cut where they are very long. */
import type { Parameter, ParameterHash } from '../rack/parameter.ts'

/** A parameter in JSON. */
export type ShownParameter = string | null | ShownParameter[] | { [name: string]: ShownParameter }
/** Parameters by name, as Rack reads them. */
export type ShownParameters = Record<string, ShownParameter>

const maxValues = 200
const maxLength = 1000
/** By name, so that a misspelled parameter hides its key, too. Below `usage`, names are those of metrics. */
const secretName = /key|token|secret|password/i

/** The parameters without their secrets. Shows at most 200 values, and 1,000 characters of each text. */
export function showParameters(parameters: ParameterHash): ShownParameters {
  let left = maxValues
  const cut = (text: string) => (text.length > maxLength ? `${text.slice(0, maxLength)}…` : text)

  function shown(value: Parameter, hides: boolean): ShownParameter {
    left--
    if (value === null) return null
    if (typeof value === 'string') return cut(value)
    if (Array.isArray(value)) {
      const taken = value.slice(0, Math.max(0, left)).map((each) => shown(each, hides))
      return taken.length < value.length ? [...taken, '…'] : taken
    }
    return members(value, hides)
  }

  function members(hash: ParameterHash, hides: boolean): ShownParameters {
    const entries: [string, ShownParameter][] = []
    for (const [name, value] of hash) {
      if (left <= 0) {
        entries.push(['…', `${hash.size - entries.length} more`])
        break
      }
      const isSecret = hides && secretName.test(name)
      entries.push([cut(name), isSecret ? '***' : shown(value, hides && name !== 'usage')])
    }
    // Not by assignment: a parameter may be called `__proto__`.
    return Object.fromEntries(entries)
  }

  return members(parameters, true)
}

const maxKept = 8192

/** Parameters to be kept for the log. Those of a long request are cut at once, so that the log stays small. */
export function keepParameters(parameters: ParameterHash, requestLength: number): ParameterHash | ShownParameters {
  // Through JSON, because V8 keeps a whole text alive for a slice of it.
  return requestLength <= maxKept ? parameters : JSON.parse(JSON.stringify(showParameters(parameters)))
}
