/** The part of JSON Schema that the emulator's documents need, and that `findProblems` understands. */

/** The names of types. `typeof` has further ones, which no schema names. */
export type TypeName = 'string' | 'boolean' | 'integer' | 'number' | 'null' | 'array' | 'object'

/** A JSON Schema, draft 2020-12. */
export type Schema = {
  readonly $schema?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  /** `#/$defs/` and a name. */
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: TypeName | readonly TypeName[]
  readonly enum?: readonly (string | null)[]
  readonly minLength?: 1
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** False: no members but `properties`. Default: any. */
  readonly additionalProperties?: false
}

/** The schema of an object that has these members and no others. */
export function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { ...openObjectOf(properties, required), additionalProperties: false }
}

/** The schema of an object that has these members and perhaps others. */
export function openObjectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', properties, required }
}

/** The schema of an array. */
export function arrayOf(items: Schema): Schema {
  return { type: 'array', items }
}
