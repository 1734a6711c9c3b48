/** Rack's nesting rules: how `a[b][]=c` becomes hashes and arrays (rack, lib/rack/query_parser.rb). */
import { type Parameter, ParameterError, type ParameterHash } from './parameter.ts'

/** Names with this many bracket pairs are refused (Rack's `param_depth_limit`). */
const depthLimit = 32

/** Adds one decoded pair to `parameters`. @throws ParameterError when shapes conflict or the name nests too deep. */
export function addParameter(parameters: ParameterHash, name: string, value: Parameter): void {
  const bracket = name.indexOf('[', 1)
  if (bracket < 0) {
    if (name !== '') parameters.set(name, value)
    return
  }
  store(parameters, name, name.slice(0, bracket), name.slice(bracket), value, 0)
}

function nest(parameters: ParameterHash, name: string, value: Parameter, depth: number): Parameter {
  if (depth >= depthLimit) throw new ParameterError('limit', 'Rack::QueryParser::QueryLimitError')
  if (name.startsWith('[]')) {
    if (name.length === 2) return [value]
    return store(parameters, name, '[]', name.slice(2), value, depth)
  }
  const end = name.startsWith('[') ? name.indexOf(']', 1) : -1
  return end > 0
    ? store(parameters, name, name.slice(1, end), name.slice(end + 1), value, depth)
    : store(parameters, name, name, '', value, depth)
}

function store(
  parameters: ParameterHash,
  name: string,
  key: string,
  after: string,
  value: Parameter,
  depth: number,
): Parameter {
  if (key === '') return null
  if (after === '') parameters.set(key, value)
  else if (after === '[') parameters.set(name, value)
  else if (after.startsWith('[]')) storeInArray(parameters, key, after, value, depth)
  else {
    const inner = parameters.get(key) ?? new Map()
    if (!(inner instanceof Map)) throw conflict('Hash', inner, key)
    parameters.set(key, nest(inner, after, value, depth + 1))
  }
  return parameters
}

function storeInArray(parameters: ParameterHash, key: string, after: string, value: Parameter, depth: number): void {
  const array = parameters.get(key) ?? []
  if (!Array.isArray(array)) throw conflict('Array', array, key)
  parameters.set(key, array)
  if (after === '[]') {
    array.push(value)
    return
  }
  const child = /^\[\]\[([^[\]]+)\]$/.exec(after)?.[1] ?? after.slice(2)
  const last = array.at(-1)
  if (last instanceof Map && !hasKey(last, child)) nest(last, child, value, depth + 1)
  else array.push(nest(new Map(), child, value, depth + 1))
}

/** Whether the path `name` exists already; then Rack starts a new member of the array. */
function hasKey(hash: ParameterHash, name: string): boolean {
  if (name.includes('[]')) return false
  let at: Parameter | undefined = hash
  for (const part of name.split(/[[\]]+/)) {
    if (part === '') continue
    if (!(at instanceof Map) || !at.has(part)) return false
    at = at.get(part)
  }
  return true
}

function conflict(expected: 'Hash' | 'Array', value: Parameter, key: string): ParameterError {
  const got = typeof value === 'string' ? 'String' : Array.isArray(value) ? 'Array' : 'Rack::QueryParser::Params'
  return new ParameterError('type', `expected ${expected} (got ${got}) for param \`${key}'`)
}
