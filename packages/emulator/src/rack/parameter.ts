/** Request parameters in the shapes of Rack; names keep the order of their first appearance. */
import { isWellFormed } from '../ruby/bytes.ts'

/** `null` stands for a bare name (`a` without `=`), which is nil in Ruby. */
export type Parameter = string | null | Parameter[] | ParameterHash
export type ParameterHash = Map<string, Parameter>

/** Kinds of unreadable parameters; the backend answers each in its own way. */
export type ParameterErrorKind = 'type' | 'encoding' | 'limit' | 'multipart' | 'crash'

/** Parameters that Rack refuses; `message` is Rack's own text, which the backend shows in part. */
export class ParameterError extends Error {
  readonly kind: ParameterErrorKind

  constructor(kind: ParameterErrorKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** The value under `name` when it is a string, else undefined. */
export function stringOf(parameters: ParameterHash, name: string): string | undefined {
  const value = parameters.get(name)
  return typeof value === 'string' ? value : undefined
}

/** False when a name or value at any depth holds bytes that are not UTF-8 (see `decodeBytes`). */
export function isValidUtf8(value: Parameter | undefined): boolean {
  if (typeof value === 'string') return isWellFormed(value)
  if (value == null) return true
  if (Array.isArray(value)) return value.every(isValidUtf8)
  for (const [name, member] of value) if (!isWellFormed(name) || !isValidUtf8(member)) return false
  return true
}

/** Ruby's `to_s`, which the backend puts into messages when a parameter is not a string. */
export function rubyText(value: Parameter | undefined): string {
  return typeof value === 'string' ? value : value == null ? '' : inspect(value)
}

/**
 * The key by which the backend looks up a record. Its cache joins the members of an array, so that `service_token[]=x`
 * works as x. Undefined for a hash, which matches nothing.
 */
export function lookupKey(value: Parameter | undefined): string | undefined {
  if (Array.isArray(value)) return value.map((member) => member ?? '').join('-')
  return typeof value === 'string' ? value : undefined
}

function inspect(value: Parameter): string {
  if (value === null) return 'nil'
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`
  return `{${[...value].map(([name, member]) => `${JSON.stringify(name)}=>${inspect(member)}`).join(', ')}}`
}
