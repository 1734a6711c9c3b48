/** The `3scale-options` header: a query string of optional features (apisonator, docs/extensions.md). */
import { type Parameter, ParameterError, type ParameterHash } from '../rack/parameter.ts'
import { parseQuery } from '../rack/query.ts'
import { isWellFormed, toByteString } from '../ruby/bytes.ts'
import { CrashError } from './errors.ts'

export interface Extensions {
  readonly rejectionReasonHeader: boolean
  readonly limitHeaders: boolean
  readonly noBody: boolean
  readonly listAppKeys: boolean
  readonly hierarchy: boolean
  readonly flatUsage: boolean
}

const none: ParameterHash = new Map()
const noOptions: Extensions = readOptions(none, none)
const noOptionsNoBody: Extensions = { ...noOptions, noBody: true }

/** Reads the extensions of a call. Called at the step at which the backend reads them, because it may throw. */
export type ExtensionsReader = () => Extensions

/**
 * Reads the header, a byte string; `no_body` may also be a parameter, which the header overrides if it gives a value.
 * @throws CrashError when the header cannot be read, ParameterError when it exceeds Rack's limits.
 */
export function readExtensions(header: string | undefined, parameters: ParameterHash): Extensions {
  if (!header) return isNoBody(parameters.get('no_body')) ? noOptionsNoBody : noOptions
  return readOptions(parseHeader(header), parameters)
}

/** The backend catches only exceeded limits; any other header that it cannot read crashes it. */
function parseHeader(header: string): ParameterHash {
  try {
    const options = parseQuery(toByteString(header))
    // It makes symbols of the names, and Ruby has no symbols that are not UTF-8.
    if (![...options.keys()].every(isWellFormed)) throw new CrashError('3scale-options: a name is not UTF-8')
    return options
  } catch (error) {
    if (error instanceof ParameterError && error.kind !== 'limit')
      throw new CrashError(`3scale-options: ${error.message}`)
    throw error
  }
}

function readOptions(options: ParameterHash, parameters: ParameterHash): Extensions {
  const on = (name: string) => options.get(name) === '1'
  return {
    rejectionReasonHeader: on('rejection_reason_header'),
    limitHeaders: on('limit_headers'),
    noBody: isNoBody(options.get('no_body') ?? parameters.get('no_body')),
    listAppKeys: on('list_app_keys'),
    hierarchy: on('hierarchy'),
    flatUsage: on('flat_usage'),
  }
}

function isNoBody(value: Parameter | undefined): boolean {
  return value != null && value !== 'false' && value !== '0'
}
